"""A banner is read whoever built it."""

from auditor.identify.firmware.kernel import banners


def test_builder_of_any_bytes():
    data = b"\0Linux version 6.1.20-r0 (b\xffilder@h\xe4st) (gcc (Build) 12.2.0, GNU ld 2.40) #1 SMP PREEMPT\n\0"
    (banner,) = banners(data)
    assert (banner.release, banner.version, banner.offset) == ("6.1.20-r0", "6.1.20", 1)
