"""Chips a device tree names: the SoC, its cores, and the devices on its buses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.identify.sample import Sample
from auditor.model import Evidence, Grade
from auditor.unpack.device_tree import Node, read_nodes, strings
from auditor.unpack.view import Damaged

NAME = "device_tree"
TITLE = "Device tree: board, SoC, cores, devices on I2C, SPI, MDIO and other buses"
CLAIMS = ("kind", "layer", "name", "soc", "compatible", "core", "model", "board")

MAX_CHIPS = 256
MAX_BLOCKS = 512


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for board, SoC and devices of a device tree blob; FIT images and overlays name no board."""
    if sample.head[:4] != b"\xd0\x0d\xfe\xed":
        return
    nodes = read_nodes(sample.view)
    if not nodes or any(node.path == "/images" for node in nodes):
        return
    yield from _board(sample, nodes)
    by_path = {node.path: node for node in nodes}
    chips: dict[str, Node] = {}
    blocks: dict[str, Node] = {}
    for node in nodes[1:]:
        compatible = texts(node, "compatible")
        if not compatible or "," not in compatible[0] or node.path.startswith("/cpus/"):
            continue
        group = chips if on_bus(node, by_path) else blocks
        group.setdefault(compatible[0], node)
    for name, node in list(chips.items())[:MAX_CHIPS]:
        yield from _device(sample, name, node)
    for name, node in list(blocks.items())[:MAX_BLOCKS]:
        yield _vote(sample, f"file:{sample.artifact.path}", "compatible", name, node, "supporting")
    if len(chips) > MAX_CHIPS or len(blocks) > MAX_BLOCKS:
        raise Damaged(f"{len(chips)} devices and {len(blocks)} blocks: not all are listed", 0)


def texts(node: Node, name: str) -> list[str]:
    """Return the texts of a property, empty ones left out."""
    found = node.properties.get(name)
    return [text for text in strings(found.value) if text] if found is not None else []


def on_bus(node: Node, by_path: dict[str, Node]) -> bool:
    """Tell a device of its own from a block inside the SoC.

    Blocks are mapped into memory: their parents translate addresses (`ranges`). A device on I2C,
    SPI, MDIO and the like has an address without a size, below a controller that translates nothing
    (Devicetree Specification v0.4, chapters 2.3.5 and 2.3.8).
    """
    above = node.path.rpartition("/")[0]
    parent = by_path.get(above)
    if parent is None or not above or "reg" not in node.properties or "ranges" in parent.properties:
        return False
    sizes = parent.properties.get("#size-cells")
    if sizes is None or any(bytes(sizes.value)):
        return False
    while above:  # the controller may keep its devices in a sub-node without a `compatible`
        holder = by_path.get(above)
        if holder is not None and "compatible" in holder.properties:
            return True
        above = above.rpartition("/")[0]
    return False


def _board(sample: Sample, nodes: list[Node]) -> Iterator[Evidence]:
    root = nodes[0]
    place = f"file:{sample.artifact.path}"
    for model in texts(root, "model")[:1]:
        yield _vote(sample, place, "model", model, root, "decisive")
    compatible = texts(root, "compatible")
    if not compatible:
        return
    yield _vote(sample, place, "board", compatible[0], root, "decisive")
    soc = compatible[-1]
    if "," not in soc:
        return
    subject = f"chip:{soc}"
    facts = [("kind", "chip"), ("layer", "silicon"), ("soc", soc), ("name", soc), ("compatible", soc)]
    for claim, value in facts:
        yield _vote(sample, subject, claim, value, root, "decisive")
    cores = {core: node for node in nodes if node.path.startswith("/cpus/") for core in texts(node, "compatible")[:1]}
    for core, node in sorted((name, node) for name, node in cores.items() if "," in name):
        yield _vote(sample, subject, "core", core, node, "decisive")


def _device(sample: Sample, name: str, node: Node) -> Iterator[Evidence]:
    """A device; a disabled one is named by the tree and not in use."""
    used = texts(node, "status")[:1] in ([], ["okay"], ["ok"])
    grade: Grade = "supporting" if used else "weak"
    for claim, value in (("kind", "chip"), ("layer", "silicon"), ("name", name)):
        yield _vote(sample, f"chip:{name}", claim, value, node, grade, used)
    for compatible in texts(node, "compatible")[:8]:
        yield _vote(sample, f"chip:{name}", "compatible", compatible, node, grade, used)


def _vote(
    sample: Sample, subject: str, claim: str, value: str, node: Node, grade: Grade, used: bool = True
) -> Evidence:
    return sample.vote(
        subject,
        claim,
        value,
        detector=NAME,
        method="device-tree",
        grade=grade,
        role="self" if used else "mention",
        offset=node.offset,
        pointer=node.path,
    )
