package main

import (
	"net"
	"time"
)

// patience is how long a request's headers may take to arrive, how long a
// connection may be idle, and how long a body may pause: whoever reads a long
// body sets the time anew.
const patience = time.Minute

// slack is by how much a deadline may come early.
const slack = patience / 10

// patientListener gives connections whose read deadlines cost little.
type patientListener struct{ net.Listener }

// Accept implements net.Listener.
func (l patientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &patientConn{TCPConn: tcp}, nil
	}
	return conn, err
}

// patientConn moves its read deadline only when that makes a difference: the
// HTTP server sets it anew twice for every request, each time to nearly what it
// is. Like deadlines themselves it is set by one goroutine at a time.
type patientConn struct {
	*net.TCPConn // sends files without copying them
	until        time.Time
}

// SetReadDeadline implements net.Conn.
func (c *patientConn) SetReadDeadline(t time.Time) error {
	if later := t.Sub(c.until); !c.until.IsZero() && later >= 0 && later < slack {
		return nil
	}
	c.until = t
	return c.TCPConn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *patientConn) SetDeadline(t time.Time) error {
	c.until = t
	return c.TCPConn.SetDeadline(t)
}
