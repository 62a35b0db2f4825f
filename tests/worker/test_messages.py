"""Messages between supervisor and workers: whole whatever way they arrive, bounded whatever a worker says."""

import os
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.worker import messages
from auditor.worker.messages import FRAME_SIZE, HEADER, Closed, Content, Inbox, encode, receive, send

SIZES = st.sampled_from([0, 1, 100, FRAME_SIZE - 60, FRAME_SIZE, 2 * FRAME_SIZE, 2 * FRAME_SIZE + 7])


def exactly(size: int) -> Content:
    """Return a message that takes `size` bytes."""
    empty = len(encode(Content("p", bytes(size), True, True, False))) - size
    return Content("p", bytes(max(0, size - empty)), True, True, False)


def frames(*contents: Content) -> bytes:
    ours, theirs = socket.socketpair()
    pieces = []

    def drain() -> None:
        while data := theirs.recv(1 << 20):
            pieces.append(data)

    reader = threading.Thread(target=drain)
    reader.start()
    for content in contents:
        send(ours, content)
    ours.close()
    reader.join()
    theirs.close()
    return b"".join(pieces)


@settings(max_examples=25, deadline=None)
@given(st.lists(SIZES, min_size=1, max_size=3), st.sampled_from([997, 65_536, FRAME_SIZE, FRAME_SIZE + 3, 8 << 20]))
def test_messages_are_whole_whatever_way_they_arrive(sizes, step):
    sent = [exactly(size) for size in sizes]
    data = frames(*sent)
    inbox = Inbox(1 << 30)
    found = []
    for start in range(0, len(data), step):
        found += inbox.feed(data[start : start + step])
    assert found == [encode(content) for content in sent]
    assert not inbox.buffer and not inbox.message


def test_more_than_the_bound_is_refused():
    inbox = Inbox(100)
    assert inbox.feed(HEADER.pack(60, False) + bytes(60)) == [bytes(60)]
    with pytest.raises(ValueError, match="may hold"):
        inbox.feed(HEADER.pack(60, False) + bytes(60))


def test_frames_out_of_bounds_are_refused():
    for head in (HEADER.pack(FRAME_SIZE + 1, False), bytearray(HEADER.pack(4, True))):
        if isinstance(head, bytearray):
            head[-1] = 2
        with pytest.raises(ValueError, match="out of bounds"):
            Inbox().feed(bytes(head) + bytes(8))


def test_a_worker_reads_no_more_than_the_bound(monkeypatch):
    monkeypatch.setattr(messages, "RESULT_SIZE", 100)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(HEADER.pack(60, True) + bytes(60) + HEADER.pack(60, False) + bytes(60))
        with pytest.raises(Closed):
            receive(theirs)


def test_files_come_with_the_message_they_were_sent_with(tmp_path):
    (tmp_path / "file").write_bytes(b"opened")
    ours, theirs = socket.socketpair()
    with ours, theirs, open(tmp_path / "file", "rb") as file:
        sender = threading.Thread(target=send, args=(ours, exactly(3 * FRAME_SIZE), (file.fileno(),)))
        sender.start()
        data, (handle,) = receive(theirs, 1)
        sender.join()
        assert data == encode(exactly(3 * FRAME_SIZE))
        assert os.pread(handle, 99, 0) == b"opened"
        os.close(handle)


def test_the_end_of_the_other_side_is_said():
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(HEADER.pack(60, False))
        theirs.close()
        with pytest.raises(Closed):
            send(ours, exactly(10))
        with pytest.raises(Closed):
            receive(ours)
