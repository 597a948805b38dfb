"""Machine and container, read from trees of files as kernels and engines write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.capture.runtime.accelerators import find_accelerators
from lineal.capture.runtime.container import find_container, locale_name, time_zone
from lineal.capture.runtime.machine import hardware, limits
from lineal.objects.runtime import Accelerator, Container

ID = "0123456789abcdef" * 4


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/job/step\n", {"job__cpu_DOT_max": "150000 100000\n", "job__step__cpu_DOT_max": "max 100000"}, (1500, 0)),
        ("0::/a\n", {"a__memory_DOT_max": "2048", "memory_DOT_max": "1024"}, (0, 1024)),
        # In a container the path is that of the host, and the limits are at the top.
        ("0::/../../x\n", {"cpu_DOT_max": "50000 100000", "memory_DOT_max": "max"}, (500, 0)),
        (
            "4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n",
            {
                "cpu__docker__x__cpu_DOT_cfs_quota_us": "200000",
                "cpu__docker__x__cpu_DOT_cfs_period_us": "100000",
                "memory__docker__x__memory_DOT_limit_in_bytes": "4096",
                "memory__memory_DOT_limit_in_bytes": str((1 << 63) - 4096),
            },
            (2000, 4096),
        ),
        ("0::/\n", {"cpu_DOT_cfs_quota_us": "-1"}, (0, 0)),
    ],
)
def test_the_tightest_limit_of_the_control_groups_counts(
    membership: str, files: dict[str, str], expected: tuple[int, int], tmp_path: Path
) -> None:
    write(tmp_path / "groups", **files), write(tmp_path, own=membership)

    assert expected == limits(tmp_path / "own", tmp_path / "groups")


def test_this_machine_is_described() -> None:
    seen = Accelerator(name="A GPU", memory_bytes=1, uuid="GPU-1")
    found = hardware((seen,))

    assert found.core_count > 0
    assert found.memory_bytes > 1 << 20
    assert found.devices
    assert [each.name for each in found.devices if each.is_usable] == list(found.accelerators)
    assert found.looked_for_accelerators or not Path("/proc").is_dir()


@pytest.mark.parametrize(
    ("files", "devices", "driver"),
    [
        ({"sys__bus__pci__devices__a__class": "0x030000", "sys__bus__pci__devices__a__vendor": "0x1a03"}, (), ""),
        (
            {
                "sys__class__drm__card0__device__mem_info_vram_total": "68702699520\n",
                "sys__class__drm__card0__device__product_name": "Instinct MI300X\n",
                "sys__class__drm__card0__device__unique_id": "beef",
                "sys__module__amdgpu__version": "6.12.12\n",
            },
            (Accelerator(name="Instinct MI300X", memory_bytes=68702699520, uuid="beef"),),
            "6.12.12",
        ),
        (  # a container sees all that the kernel has, but has one of the devices
            {
                "proc__driver__nvidia__gpus__0__information": "Model: \t\t NVIDIA H100\nGPU UUID:\t GPU-1\nDevice Minor: \t 0\n",
                "proc__driver__nvidia__gpus__1__information": "Model: \t\t NVIDIA H100\nGPU UUID:\t GPU-2\nDevice Minor: \t 1\n",
                "sys__module__nvidia__version": "570.86.15\n",
                "dev__nvidia1": "",
            },
            (
                Accelerator(name="NVIDIA H100", uuid="GPU-1", is_usable=False),
                Accelerator(name="NVIDIA H100", uuid="GPU-2"),
            ),
            "570.86.15",
        ),
        (
            {
                "sys__bus__pci__devices__a__class": "0x030200\n",
                "sys__bus__pci__devices__a__vendor": "0x10de\n",
                "sys__bus__pci__devices__a__device": "0x2330\n",
            },
            (Accelerator(name="NVIDIA 0x2330", is_usable=False),),
            "",
        ),
    ],
)
def test_accelerators_are_told_by_what_the_kernel_shows(
    files: dict[str, str], devices: tuple[Accelerator, ...], driver: str, tmp_path: Path
) -> None:
    found = find_accelerators(system=write(tmp_path, **files))

    assert (devices, driver) == (found.devices, found.driver)
    assert found.looked


def test_that_nobody_could_look_is_not_that_there_is_none(tmp_path: Path) -> None:
    assert ((), "", ()) == find_accelerators(system=tmp_path)


@pytest.mark.parametrize(
    ("files", "variables", "container"),
    [
        ({}, {}, Container()),
        (
            {
                "run___DOT_containerenv": 'engine="podman-4"\nname="x"\nid="cafe"\nimage="example.org/t:1"\nimageid="beef"\n'
            },
            {},
            Container(kind="podman", id="cafe", image="example.org/t:1", image_id="beef"),
        ),
        (
            {
                "_DOT_dockerenv": "",
                "proc__self__mountinfo": f"600 599 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw\n",
            },
            {"CI_JOB_IMAGE": "python:3.11"},
            Container(kind="docker", id=ID, image="python:3.11"),
        ),
        (
            {"proc__self__cgroup": f"0::/kubepods.slice/pod1.slice/cri-containerd-{ID}.scope\n"},
            {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JUPYTER_IMAGE_SPEC": "lab:2"},
            Container(kind="kubernetes", id=ID, image="lab:2"),
        ),
        ({}, {"APPTAINER_CONTAINER": "/images/train.sif"}, Container(kind="apptainer", image="train.sif")),
    ],
)
def test_a_container_is_told_by_what_its_engine_leaves(
    files: dict[str, str], variables: dict[str, str], container: Container, tmp_path: Path
) -> None:
    assert container == find_container(variables, write(tmp_path, **files))


def test_time_zone_and_locale_are_those_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "localtime").symlink_to("/usr/share/zoneinfo/Europe/Berlin")

    assert "Europe/Berlin" == time_zone({}, tmp_path)
    assert "Asia/Tokyo" == time_zone({"TZ": ":Asia/Tokyo"}, tmp_path)
    assert "UTC" == time_zone({}, tmp_path / "etc")
    assert ("de_DE.UTF-8", "C") == (locale_name({"LC_ALL": "de_DE.UTF-8", "LANG": "C.UTF-8"}), locale_name({}))
