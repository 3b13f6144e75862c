# SPDX-License-Identifier: Apache-2.0
"""Probing: control groups, cards, heat and power as systems tell them, and tools that misbehave."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.machine import cgroups
from selector.machine.accelerators import parse_rocm, probe_accelerators, with_build
from selector.machine.cgroups import Limits, MemoryLimit, limits, parse_membership, quota_cores
from selector.machine.cpu import parse_cpuinfo, parse_sysctl, probe_cpu
from selector.machine.facts import Accelerator, Memory, Power
from selector.machine.linux_cards import accelerators_of, gfx, linux_cards
from selector.machine.memory import limited
from selector.machine.nvidia import parse_cards, parse_instances
from selector.machine.outdated import outdated
from selector.machine.power import conditions, heat, parse_pmset, parse_powercfg, probe_power
from selector.machine.probe import PATIENCE_S, probe
from selector.machine.surroundings import surroundings
from selector.machine.tool_output import ToolProblem, ask
from selector.machine.torch_build import parse_version
from selector.machine.windows_registry import parse_adapters
from tests.ui.made_machines import MEASURED, make_machine

MIB, GIB = 1024**2, 1024**3
posix = pytest.mark.skipif(os.name == "nt", reason="tools are written as shell scripts")
linux = pytest.mark.skipif(sys.platform != "linux", reason="what Linux lists")


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


# -- control groups ---------------------------------------------------------------------------------


def test_the_tightest_of_nested_groups_holds(tmp_path: Path) -> None:
    top = "sys/fs/cgroup"
    found = limits(
        write(
            tmp_path,
            {
                "proc/self/cgroup": "0::/system.slice/job.scope\n",
                f"{top}/system.slice/job.scope/memory.max": "8000\n",
                f"{top}/system.slice/job.scope/memory.current": "5000\n",
                f"{top}/system.slice/job.scope/memory.stat": "anon 1\ninactive_file 2000\n",
                f"{top}/system.slice/job.scope/cpu.max": "max 100000\n",
                f"{top}/system.slice/memory.max": "9000\n",
                f"{top}/system.slice/memory.current": "8800\n",
                f"{top}/system.slice/memory.swap.max": "100\n",
                f"{top}/system.slice/cpu.max": "150000 100000\n",
                f"{top}/memory.max": "max\n",
            },
        )
    )
    # The inner group has the smaller limit, the outer one, which others fill too, the less left.
    assert found == Limits(2, MemoryLimit(8000, 5000, 2000), 200, 100)
    assert limited(Memory(64_000, 60_000, 500, 400), found) == Memory(8000, 200, 100, 100, True)


def test_a_container_sees_its_group_as_the_root(tmp_path: Path) -> None:
    found = limits(
        write(
            tmp_path,
            {
                "proc/self/cgroup": "0::/docker/0123abcd\n",  # the host's name, not to be found here
                "sys/fs/cgroup/memory.max": "4000",
                "sys/fs/cgroup/memory.high": "3000",
                "sys/fs/cgroup/cpu.max": "50000 100000",
            },
        )
    )
    assert found == Limits(1, MemoryLimit(3000, 0, 0), 3000, None)


def test_version_one_has_a_folder_for_each_controller(tmp_path: Path) -> None:
    found = limits(
        write(
            tmp_path,
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a\n1:name=systemd:/x\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",  # none
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000",
                "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "4000",
                "sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes": "7000",
                "sys/fs/cgroup/memory/a/memory.stat": "inactive_file 10\ntotal_inactive_file 500\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "350000",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
        )
    )
    assert found == Limits(4, MemoryLimit(5000, 4000, 500), 1500, 2000)


def test_no_groups_are_no_limits(tmp_path: Path) -> None:
    assert limits(tmp_path) == Limits()
    whole = Memory(64_000, 60_000)
    assert limited(whole, Limits()) == whole
    assert limited(whole, Limits(memory=MemoryLimit(10**9, 0, 0), memory_free=10**9)) == whole
    assert probe_cpu([], Limits(cores=1)).logical_cores == 1


def test_a_path_that_leaves_the_mount_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"proc/self/cgroup": "0::/../../etc\n", "etc/memory.max": "1"})
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    assert limits(tmp_path) == Limits()


@given(st.text(), st.text())
def test_whatever_groups_say_is_read_or_ignored(membership: str, value: str) -> None:
    for controllers, path in parse_membership(membership):
        assert str(path).startswith("/")
        assert all(controllers)
    cores = quota_cores(value)
    assert cores is None or cores >= 1
    assert cgroups.reclaimable(value) >= 0


@given(st.integers(1, 10**7), st.integers(1, 10**6))
def test_a_quota_is_rounded_up_to_whole_cores(quota: int, period: int) -> None:
    cores = quota_cores(f"{quota} {period}")
    assert cores is not None
    assert cores * period >= quota
    assert cores == 1 or (cores - 1) * period < quota


# -- processor, heat, power -------------------------------------------------------------------------


def test_a_mac_tells_its_instruction_sets() -> None:
    told = (
        "machdep.cpu.brand_string: Apple M3 Pro\nhw.optional.arm.FEAT_I8MM: 1\n"
        "hw.optional.arm.FEAT_BF16: 0\nhw.optional.AdvSIMD: 1\nhw.optional.arm.FEAT_DotProd: 1\n"
    )
    assert parse_sysctl(told) == ("Apple M3 Pro", ("asimd", "asimddp", "i8mm"))


def test_only_the_processors_own_sensors_count() -> None:
    assert heat([("nvme", 90.0, 80.0), ("coretemp", 61.0, 100.0), ("coretemp", 70.5, 0.0)]) == (
        70.5,
        False,
    )
    assert heat([("k10temp", 95.0, 95.0)]) == (95.0, True)
    assert heat([("coretemp", -128.0, 100.0), ("coretemp", 255.0, 100.0)]) == (None, False)
    assert heat([]) == (None, False)


@linux
def test_power_modes_are_told_in_the_systems_words(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
            "sys/firmware/acpi/platform_profile": "low-power\n" + "x" * 10**6,
        },
    )
    unknown: list[str] = []
    assert probe_power(unknown, tmp_path).mode == "powersave low-power"
    assert unknown == []


def test_power_modes_of_mac_and_windows() -> None:
    assert parse_pmset("System-wide power settings:\n lowpowermode         1\n") == "low power"
    assert parse_pmset(" lowpowermode 0\n") == ""
    told = "Power Scheme GUID: 381b4222-f694-41f0-9685-ff5bb260df2e  (Balanced)\n"
    assert parse_powercfg(told) == "Balanced"
    assert parse_powercfg("GUID: 381b4222-f694-41f0-9685-ff5bb260df2e") == told[19:55]
    assert parse_powercfg("?") == ""


def test_a_calibration_is_worth_repeating_when_power_driver_or_engine_changed() -> None:
    machine = make_machine(power=Power("mains", "performance"))
    measured = replace(MEASURED, conditions=conditions(machine))
    now = replace(machine, calibration=measured)
    assert outdated(machine, {"torch": "2.13"}) == ()  # nothing was measured
    assert outdated(now, {}) == ()
    (why,) = outdated(replace(now, power=Power("battery", "performance")), {})
    assert (why.why, why.was, why.now) == (
        "conditions",
        "mains, performance",
        "battery, performance",
    )
    card = Accelerator("cuda", "GPU", driver="560.1")
    (why,) = outdated(replace(now, accelerators=(card,)), {})
    assert "cuda 560.1" in why.now
    (why,) = outdated(now, {"torch": "2.13"})
    assert (why.why, why.engine) == ("new_engine", "torch")


# -- cards ------------------------------------------------------------------------------------------

ROW = "NVIDIA H100, PCIe, 81559, 80000, 550.54, 9.0, {mode}, {mig}, {why}, 00000000:55:00.0"


def test_a_card_is_told_with_driver_capability_and_memory() -> None:
    text = ROW.format(mode="Default", mig="[N/A]", why="0x0000000000000001")
    ((card, place, hot),) = parse_cards(text + "\n\nbroken\n")
    assert card == Accelerator(
        "cuda", "NVIDIA H100, PCIe", 81559 * MIB, 80000 * MIB, driver="550.54", compute="9.0"
    )
    assert place == "00000000:55:00.0"
    assert not hot
    ((card, _, hot),) = parse_cards(ROW.format(mode="Prohibited", mig="Disabled", why="0x40"))
    assert card.problem == "prohibited"
    assert hot
    ((card, _, _),) = parse_cards(
        "GPU, [N/A], [Unknown Error], 1",
        ("name", "memory.total", "memory.free", "driver_version"),
    )
    assert (card.memory_total_bytes, card.memory_free_bytes) == (None, None)


INSTANCES = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log><gpu id="00000000:55:00.0"><mig_devices>{parts}</mig_devices></gpu></nvidia_smi_log>
"""
PART = (
    "<mig_device><fb_memory_usage><total>{total} MiB</total><free>{free}</free>"
    "</fb_memory_usage></mig_device>"
)


def test_instances_of_a_divided_card_have_their_own_memory() -> None:
    parts = PART.format(total=24576, free="23376 MiB") + PART.format(total=10, free="N/A")
    found = parse_instances(INSTANCES.format(parts=parts))
    assert found == {
        "00000000:55:00.0": [(24576 * MIB, 23376 * MIB), (10 * MIB, None)],
    }
    assert parse_instances("<gpu>") == parse_instances("") == {}


def test_amd_cards_of_the_tool() -> None:
    told = (
        '{"card1": {"Card Series": "Radeon RX", "VRAM Total Memory (B)": "100", '
        '"VRAM Total Used Memory (B)": "40", "GFX Version": "gfx1100"}, "card0": 7, '
        '"system": {"Driver version": "6.8"}}'
    )
    (card,) = parse_rocm(told)
    assert (card.memory_free_bytes, card.driver, card.compute) == (60, "6.8", "gfx1100")
    assert parse_rocm("[]") == parse_rocm("{") == ()


@given(st.text(max_size=200))
def test_whatever_tools_print_is_read_or_ignored(text: str) -> None:
    parse_cards(text)
    parse_instances(text)
    parse_rocm(text)
    parse_sysctl(text)
    parse_cpuinfo(text)
    parse_pmset(text)
    parse_powercfg(text)
    parse_version(text)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=6), each, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["card0", "card1", "system"]), json_like))
def test_a_tool_that_changed_its_mind_about_json_is_no_crash(told: dict[str, Any]) -> None:
    import json

    for card in parse_rocm(json.dumps(told)):
        assert card.kind == "rocm"


def pci(root: Path, place: str, vendor: str, files: dict[str, str], driver: str = "") -> None:
    folder = f"sys/bus/pci/devices/{place}"
    write(root, {f"{folder}/{name}": text for name, text in files.items()})
    write(root, {f"{folder}/vendor": vendor, f"{folder}/class": "0x030000"})
    if driver:
        real = root / "sys/bus/pci/drivers" / driver
        real.mkdir(parents=True, exist_ok=True)
        (root / folder / "driver").symlink_to(real)


@linux
def test_cards_without_a_driver_are_named_with_the_reason(tmp_path: Path) -> None:
    pci(tmp_path, "0000:01:00.0", "0x10de", {"device": "0x2684"})
    pci(
        tmp_path,
        "0000:03:00.0",
        "0x1002",
        {"device": "0x744c", "mem_info_vram_total": str(24 * GIB), "mem_info_vram_used": str(GIB)},
        "amdgpu",
    )
    pci(tmp_path, "0000:00:02.0", "0x8086", {"device": "0x46a6", "drm/renderD128/x": ""}, "i915")
    pci(tmp_path, "0000:00:1f.0", "0x8086", {"device": "0x1"})
    write(tmp_path, {"sys/bus/pci/devices/0000:00:1f.0/class": "0x060100"})  # no display
    write(
        tmp_path,
        {
            "sys/class/kfd/kfd/topology/nodes/0/properties": "gfx_target_version 0\n",
            "sys/class/kfd/kfd/topology/nodes/1/properties": (
                "gfx_target_version 110000\nvendor_id 4098\ndevice_id 29772\n"
            ),
        },
    )
    intel, nvidia, amd = accelerators_of(linux_cards(tmp_path), tmp_path)
    assert (intel.kind, intel.integrated, intel.problem) == ("xpu", True, "no_driver")
    assert (nvidia.kind, nvidia.problem) == ("cuda", "no_driver")
    assert (amd.compute, amd.memory_free_bytes, amd.problem) == ("gfx1100", 23 * GIB, "no_driver")
    write(tmp_path, {"dev/kfd": "", "dev/dri/renderD128": ""})
    intel, _, amd = accelerators_of(linux_cards(tmp_path), tmp_path)
    assert (intel.problem, amd.problem) == (None, None)
    for each in accelerators_of(linux_cards(tmp_path), tmp_path, contained=True):
        assert each.problem == ("not_passed" if each.kind == "cuda" else None)
    if os.getuid():
        (tmp_path / "dev/kfd").chmod(0)
        assert accelerators_of(linux_cards(tmp_path), tmp_path)[2].problem == "no_permission"


def test_instruction_sets_of_amd_are_written_in_hexadecimal() -> None:
    assert [gfx(v) for v in (90010, 110501, 120001)] == ["gfx90a", "gfx1151", "gfx1201"]


def test_windows_adapters_have_all_their_memory_and_count_once() -> None:
    card = {
        "DriverDesc": "NVIDIA GeForce RTX 4090",
        "MatchingDeviceId": r"PCI\VEN_10DE&DEV_2684",
        "HardwareInformation.qwMemorySize": 24 * GIB,
        "HardwareInformation.MemorySize": (0xFFF00000).to_bytes(4, "little"),
        "DriverVersion": "32.0.15",
    }
    inside = {
        "DriverDesc": "Intel(R) Iris(R) Xe",
        "MatchingDeviceId": r"PCI\VEN_8086&DEV_46A6",
        "HardwareInformation.qwMemorySize": (128 * MIB).to_bytes(8, "little"),
    }
    screen = {"DriverDesc": "Remote Display", "MatchingDeviceId": r"ROOT\rdp"}
    found = parse_adapters([card, inside, dict(inside), dict(card), screen, {}])
    assert [(each.name, each.memory_total_bytes, each.integrated) for each in found] == [
        ("NVIDIA GeForce RTX 4090", 24 * GIB, False),
        ("Intel(R) Iris(R) Xe", None, True),
    ]


def test_a_card_that_pytorch_was_not_built_for_says_so() -> None:
    text = "cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\nxpu: Optional[str] = None\n"
    assert parse_version(text) == {"cuda"}
    assert parse_version("cuda: Optional[str] = None\nhip = '6.4'") == {"rocm"}
    cards = (
        Accelerator("cuda", "a"),
        Accelerator("xpu", "b"),
        Accelerator("rocm", "c", problem="x"),
    )
    problems = [each.problem for each in with_build(cards, frozenset({"cuda"}))]
    assert problems == [None, "torch_build", "x"]


@linux
def test_containers_and_windows_linux_are_recognised(tmp_path: Path) -> None:
    assert surroundings(tmp_path) in {"", "kubernetes"}
    write(tmp_path, {"proc/sys/kernel/osrelease": "5.15.0-microsoft-standard-WSL2\n"})
    assert surroundings(tmp_path).startswith("wsl")
    write(tmp_path, {".dockerenv": ""})
    assert surroundings(tmp_path) == "wsl+docker"


# -- tools that misbehave ---------------------------------------------------------------------------


def tool(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@posix
def test_a_tool_that_fails_says_why_on_one_line(tmp_path: Path) -> None:
    tool(tmp_path, "bad", "echo; echo 'no driver here' >&2; echo more; exit 9")
    with pytest.raises(ToolProblem, match=r"^no driver here$"):
        ask([str(tmp_path / "bad")])
    with pytest.raises(ToolProblem):
        ask([str(tmp_path / "not there")])


@posix
def test_a_tool_that_floods_is_stopped(tmp_path: Path) -> None:
    tool(tmp_path, "flood", "exec cat /dev/zero")
    with pytest.raises(ToolProblem):
        ask([str(tmp_path / "flood")], 30)


@posix
def test_tools_that_hang_cost_no_more_than_the_time_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A child keeps the pipe open after its parent was killed; both must be left behind.
    for name in ("nvidia-smi", "rocm-smi"):
        tool(tmp_path / "bin", name, "sleep 120 & sleep 120")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    begins = time.monotonic()
    machine = probe(tmp_path)
    assert (
        time.monotonic() - begins < 10 * PATIENCE_S
    )  # not the 120 s; the rest is for slow machines
    assert any("no answer" in each for each in machine.unknown)
    assert machine.memory.total_bytes > 0


@posix
def test_a_divided_card_is_its_instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROW.format(mode="Default", mig="Enabled", why="0x0")
    parts = PART.format(total=100, free="60 MiB") + PART.format(total=200, free="200 MiB")
    write(tmp_path, {"row": row, "xml": INSTANCES.format(parts=parts)})
    script = f'if [ "$1" = "-q" ]; then cat {tmp_path}/xml; else cat {tmp_path}/row; fi'
    tool(tmp_path / "bin", "nvidia-smi", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    found, _ = probe_accelerators([], root=tmp_path)
    assert [(each.name, each.memory_free_bytes) for each in found] == [
        ("NVIDIA H100, PCIe MIG 0", 60 * MIB),
        ("NVIDIA H100, PCIe MIG 1", 200 * MIB),
    ]
    write(tmp_path, {"xml": INSTANCES.format(parts="None")})
    (card,), _ = probe_accelerators([], root=tmp_path)
    assert card.problem == "mig_empty"


@posix
def test_an_old_driver_is_asked_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        'case "$1" in *compute_cap*) echo \'Field "compute_cap" is not a valid field to query.\'; '
        "exit 2;; *) echo 'Tesla K80, 11441, 11000, 470.1';; esac"
    )
    tool(tmp_path / "bin", "nvidia-smi", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    unknown: list[str] = []
    (card,), _ = probe_accelerators(unknown, root=tmp_path)
    assert (card.name, card.driver, unknown) == ("Tesla K80", "470.1", [])
