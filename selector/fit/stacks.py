# SPDX-License-Identifier: Apache-2.0
"""What a model computes, read from config.json: its stacks of layers, for any architecture.

A configuration is a stranger's text: every number is checked for its range, and what cannot be read
leaves no stack, so that the formulas fall back to the bytes of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from selector.fit.convolutions import convolution_macs

Role = Literal["text", "decoder", "vision", "audio"]

_LARGEST = 10**8
_MOST_LAYERS = 2000
_FRAMES_PER_SECOND = 50
"""Audio encoders (wav2vec 2, Whisper after its convolutions) see one frame for every 20 ms."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of equal transformer layers. Sizes are numbers of features, weights or tokens."""

    role: Role
    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    head_dim: int
    matrices: int = 2
    """Matrices of the feed-forward part: 3 where it is gated."""
    cross: bool = False
    """Whether each layer also attends to an encoder."""
    experts: int = 0
    experts_used: int = 0
    window: int = 0
    """Tokens that a layer with a sliding window looks back; 0: none has one."""
    windowed: int = 0
    """How many layers have that window."""
    fixed_tokens: int = 0
    """Tokens of one item where the architecture fixes them: patches of an image, frames of 30 seconds."""
    relative: int = 0
    """Rows of the relative positions that every layer projects anew (DeBERTa)."""

    @property
    def attention_weights(self) -> int:
        """Weights of the projections of all layers."""
        one = 2 * self.hidden * self.head_dim * (self.heads + self.kv_heads)
        return self.layers * one * (2 if self.cross else 1)

    @property
    def feed_forward_weights(self) -> int:
        """Weights of the feed-forward parts of all layers, every expert counted."""
        one = self.matrices * self.hidden * self.inner
        return self.layers * one * max(1, self.experts)

    @property
    def weights(self) -> int:
        """All matrix weights, embeddings not counted."""
        return self.attention_weights + self.feed_forward_weights

    @property
    def active_weights(self) -> int:
        """The weights one token is multiplied with: of a mixture, the experts it is sent to."""
        share = self.experts_used / self.experts if self.experts else 1.0
        return self.attention_weights + round(self.feed_forward_weights * min(1.0, share))

    def cache_values(self, tokens: int) -> int:
        """Numbers of a key/value cache for ``tokens``; layers with a window keep no more than it."""
        whole = self.layers - self.windowed
        kept = whole * tokens + self.windowed * min(tokens, self.window or tokens)
        return 2 * self.kv_heads * self.head_dim * kept


@dataclass(frozen=True, slots=True)
class Computation:
    """Everything the formulas read from a configuration."""

    stacks: tuple[Stack, ...] = ()
    vocabulary: int = 0
    embedding_width: int = 0
    tied: bool = True
    """Whether the output matrix is the embedding table."""
    positions: int = 0
    """Tokens a text may have; 0 where it is not said."""
    macs: int = 0
    """Multiplications of one image in a convolutional network; 0 where there is none or it is not known."""
    family: str = ""
    """``model_type``: models of one family miss the formulas in the same way."""

    @property
    def decoder(self) -> Stack | None:
        """The stack that writes, if any."""
        return next((stack for stack in self.stacks if stack.role == "decoder"), None)

    @property
    def encoders(self) -> tuple[Stack, ...]:
        """The stacks that read an input once."""
        return tuple(stack for stack in self.stacks if stack.role != "decoder")

    @property
    def weights(self) -> int:
        """Matrix weights of all stacks."""
        return sum(stack.weights for stack in self.stacks)

    @property
    def embedding(self) -> int:
        """Weights of the table of tokens, once."""
        return self.vocabulary * self.embedding_width


def _whole(config: Mapping[str, Any], *names: str, most: int = _LARGEST) -> int:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most:
            return value
    return 0


def _part(config: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = config.get(name)
        if isinstance(value, Mapping):
            return value
    return {}


def _gated(config: Mapping[str, Any], decoder: bool) -> bool:
    projection = str(config.get("feed_forward_proj", ""))
    # Normalising by the root of the mean square came with the gate in every family that has it.
    return projection.startswith("gated") or (
        decoder and any(name in config for name in ("rms_norm_eps", "rms_norm_epsilon"))
    )


def _windowed(config: Mapping[str, Any], layers: int) -> tuple[int, int]:
    window = _whole(config, "sliding_window")
    if not window or config.get("use_sliding_window") is False:
        return 0, 0
    kinds = config.get("layer_types")
    if isinstance(kinds, list):
        return window, min(layers, sum(kind == "sliding_attention" for kind in kinds))
    pattern = _whole(config, "sliding_window_pattern", most=_MOST_LAYERS)
    return window, layers - layers // pattern if pattern else layers


def _stack(config: Mapping[str, Any], role: Role, side: str = "", **more: Any) -> Stack | None:
    """One stack; ``side`` is ``encoder`` or ``decoder`` where a configuration describes both."""
    hidden = _whole(config, "hidden_size", "d_model", "dim", "n_embd", "embed_dim", "width")
    layers = (f"{side}_layers", f"num_{side}_layers") if side else ()
    count = _whole(
        config, *layers, "num_hidden_layers", "n_layers", "n_layer", "num_layers", most=_MOST_LAYERS
    )
    if not hidden or not count:
        return None
    heads = (f"{side}_attention_heads",) if side else ()
    names = (*heads, "num_attention_heads", "n_heads", "n_head", "num_heads", "attention_heads")
    head_count = min(_whole(config, *names) or max(1, hidden // 64), hidden)
    kv = _whole(config, "num_key_value_heads") or (1 if config.get("multi_query") is True else 0)
    inner = (f"{side}_ffn_dim",) if side else ()
    names = (*inner, "intermediate_size", "hidden_dim", "ffn_dim", "d_ff", "n_inner", "mlp_dim")
    experts = _whole(config, "num_local_experts", "num_experts", "n_routed_experts", most=4096)
    width = _whole(config, *names) or 4 * hidden
    if experts:
        width = _whole(config, "moe_intermediate_size") or width
    window, windowed = _windowed(config, count)
    return Stack(
        role=role,
        layers=count,
        hidden=hidden,
        inner=width,
        heads=head_count,
        kv_heads=min(kv or head_count, head_count),
        head_dim=_whole(config, "head_dim", "d_kv") or max(1, hidden // head_count),
        matrices=3 if _gated(config, role == "decoder") else 2,
        experts=experts,
        experts_used=min(experts, _whole(config, "num_experts_per_tok", "moe_top_k") or 1),
        window=window,
        windowed=windowed,
        **more,
    )


def _patches(config: Mapping[str, Any]) -> int:
    side, patch = _whole(config, "image_size", most=8192), _whole(config, "patch_size", most=512)
    side = side or 224
    return (side // (patch or 16)) ** 2 + 1 if patch or "image_size" in config else 0


def _is_vision(config: Mapping[str, Any]) -> bool:
    return "patch_size" in config and "vocab_size" not in config


def _is_audio(config: Mapping[str, Any]) -> bool:
    return any(
        name in config for name in ("num_mel_bins", "conv_stride", "num_feat_extract_layers")
    )


def _decoder_only(config: Mapping[str, Any]) -> bool:
    names = config.get("architectures")
    declared = [str(name) for name in names] if isinstance(names, list) else []
    # A classifier on a decoder's body computes as that body does.
    return any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in declared) or (
        config.get("is_decoder") is True or "rms_norm_eps" in config or "n_embd" in config
    )


def _several(config: Mapping[str, Any]) -> tuple[Stack, ...]:
    """Towers with configurations of their own (CLIP and those that see)."""
    found = []
    vision = _part(config, "vision_config", "vision_tower_config")
    if vision and (stack := _stack(vision, "vision", fixed_tokens=_patches(vision) or 257)):
        found.append(stack)
    audio = _part(config, "audio_config", "audio_encoder")
    if audio and (stack := _stack(audio, "audio", "encoder", fixed_tokens=1500)):
        found.append(stack)
    text = _part(config, "text_config", "llm_config", "language_config")
    if text:
        role: Role = "decoder" if _decoder_only(text) or _decoder_only(config) else "text"
        if stack := _stack(text, role):
            found.append(stack)
    return tuple(found)


def _pair(config: Mapping[str, Any]) -> tuple[Stack, ...]:
    """An encoder and a decoder in one configuration."""
    audio = _is_audio(config)
    frames = _whole(config, "max_source_positions", most=10**6) if audio else 0
    first = _stack(config, "audio" if audio else "text", "encoder", fixed_tokens=frames)
    second = _stack(config, "decoder", "decoder", cross=True)
    return tuple(stack for stack in (first, second) if stack)


def _single(config: Mapping[str, Any]) -> tuple[Stack, ...]:
    stack: Stack | None
    if _is_vision(config):
        stack = _stack(config, "vision", fixed_tokens=_patches(config))
    elif _is_audio(config):
        stack = _stack(config, "audio", fixed_tokens=30 * _FRAMES_PER_SECOND)
    elif _decoder_only(config):
        stack = _stack(config, "decoder")
    else:
        span = 0
        if config.get("relative_attention") is True:
            span = 2 * (
                _whole(config, "position_buckets") or _whole(config, "max_position_embeddings")
            )
        stack = _stack(config, "text", relative=min(span, 4096))
    return (stack,) if stack else ()


def read_computation(config: Mapping[str, Any]) -> Computation:
    """Read a configuration; what it does not say stays empty. Never raises."""
    # Towers first: a model that sees has a text part whose names also stand at the top.
    stacks = _several(config)
    text = _part(config, "text_config", "llm_config", "language_config") or config
    if not stacks:
        both = config.get("is_encoder_decoder") is True or (
            "encoder_layers" in config and "decoder_layers" in config
        )
        stacks = _pair(config) if both else _single(config)
    width = _whole(text, "embedding_size", "word_embed_proj_dim")
    widest = max((s.hidden for s in stacks if s.role in {"text", "decoder"}), default=0)
    tied = text.get("tie_word_embeddings", config.get("tie_word_embeddings"))
    return Computation(
        stacks=stacks,
        vocabulary=_whole(text, "vocab_size") or _whole(config, "vocab_size"),
        embedding_width=width or widest,
        tied=tied is not False,
        positions=_whole(text, "max_position_embeddings", "n_positions"),
        macs=0 if stacks else convolution_macs(config),
        family=str(config.get("model_type", ""))[:64],
    )
