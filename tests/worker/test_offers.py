"""What is offered to another extractor, what counts as read by it, and how an examination is sent."""

import importlib
import os

from auditor.limits import Limits
from auditor.model import Artifact, Problem
from auditor.unpack.view import View
from auditor.worker import offers, unblob
from auditor.worker.examine import Examiner
from auditor.worker.messages import Batch, Content, Job
from auditor.worker.offers import Offers
from auditor.worker.result import Part
from auditor.worker.unblob import Chunk, Output

REGION = "0x00000010.unknown"


def part(size=100):
    made = Part()
    made.artifacts = [
        Artifact(id="", path="", kind="file", size=size + 16, understood=16),
        Artifact(id="", path=REGION, kind="region", size=size, parent="", complete=False),
    ]
    made.sent = [Problem("opaque", "unknown", REGION), Problem("damaged", "other", "")]
    made.held = {REGION: bytearray(size)}
    return made


def output(*chunks, problems=()):
    return Output("", -1, None, tuple(Chunk(*chunk) for chunk in chunks), problems)


def test_bytes_of_chunks_that_overlap_are_counted_once():
    spans = ((0, 10), (5, 20), (6, 8), (15, 25), (30, 31))
    assert offers._covered(tuple(Chunk(start, end, "h") for start, end in spans)) == 26


def test_a_region_that_came_out_whole_is_opaque_no_more():
    made = part()
    offers._claim(made, REGION, output((0, 100, "rom fs")))
    whole, region = made.artifacts
    assert (region.format, region.understood, region.complete) == ("unblob-rom_fs", 100, True)
    assert whole.understood == 116
    assert [problem.code for problem in made.sent] == ["damaged"]


def test_a_region_with_a_fault_or_a_rest_stays_opaque():
    for found in (output((0, 100, "h"), problems=(Problem("extractor-fault", "f", REGION),)), output((0, 99, "h"))):
        made = part()
        offers._claim(made, REGION, found)
        region = made.artifacts[1]
        assert (region.format, region.complete) == ("", False)
        assert [problem.code for problem in made.sent] == ["opaque", "damaged"]


def test_what_the_extractor_carved_is_in_our_tree_already_and_modes_are_no_facts(tmp_path):
    for name in ("good", "0-16.unknown", "16-20.padding"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/deep.unknown").write_bytes(b"y")
    root, parts = os.open(tmp_path, os.O_RDONLY), []
    with Offers((), Limits()) as made:
        for task in made._read_back(0, REGION, root, parts):
            os.close(task.descriptor)
    os.close(root)
    nodes = {one.node.path: one.node for one in parts}
    assert set(nodes) == {f"{REGION}!/{name}" for name in ("good", "folder", "folder/deep.unknown")} | (
        {REGION} & set(nodes)
    )
    assert {node.mode for node in nodes.values()} == {None}


def test_no_time_left_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(unblob.tempfile, "tempdir", str(tmp_path))
    made = part()
    made.held = {REGION: bytearray(100), "second": bytearray(100)}
    with Offers(("/bin/false",), Limits(wall=0)) as offered:
        assert list(offered.tasks([[made]])) == []
    assert [(p.code, p.path) for p in made.problems] == [("extractor-died", REGION), ("limit-wall", "second")]
    assert list(tmp_path.iterdir()) == []


def examiner(sent, **job):
    return Examiner(Job(0, **job), Limits(), lambda *step: None, sent.append, identify=False)


def test_bytes_are_sent_in_pieces_with_first_and_last(monkeypatch):
    monkeypatch.setattr(importlib.import_module("auditor.worker.examine"), "PIECE", 4)
    sent: list[Content] = []
    examiner(sent).content("p", View(b"0123456789"), unknown=True)
    assert [(one.data, one.first, one.last) for one in sent] == [
        (b"0123", True, False),
        (b"4567", False, False),
        (b"89", False, True),
    ]
    sent.clear()
    examiner(sent).content("p", View(b""), unknown=False)
    assert [(one.data, one.first, one.last) for one in sent] == [(b"", True, True)]


def test_only_unknown_regions_of_some_size_are_offered_as_long_as_there_is_room():
    sent: list[Content | Batch] = []
    made = examiner(sent, offer=True)
    made.room = 150
    for number, (size, kind) in enumerate(((100, "region"), (10, "region"), (100, "file"), (100, "region"))):
        artifact = Artifact(id="", path=f"n{number}", kind=kind, size=size, parent="")
        made.artifact(artifact, View(bytes(size)))
    made.flush()
    assert [one.path for one in sent if isinstance(one, Content)] == ["n0"]
    (batch,) = [one for one in sent if isinstance(one, Batch)]
    assert [(problem.code, problem.path) for problem in batch.problems] == [("limit-offer-size", "n3")]


def test_what_is_found_is_sent_in_batches():
    sent: list[Batch] = []
    made = examiner(sent)
    for number in range(150):
        made.artifact(Artifact(id="", path=str(number), kind="file", size=1, parent=""), None)
    made.flush()
    assert [len(one.artifacts) for one in sent] == [64, 64, 22]
