package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// limitStall makes the kernel cut connections whose other end takes no bytes
// for stalledTimeout. A deadline would have to be moved on while a file is being
// sent, and a wrapper that did so would keep the kernel from sending it.
// Accepted connections inherit the option from the listener.
func limitStall(_, _ string, conn syscall.RawConn) error {
	var failed error
	err := conn.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(stalledTimeout.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
