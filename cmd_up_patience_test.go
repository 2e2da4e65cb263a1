package main

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// TestReadDeadlines: one that is nearly the present one changes nothing, any
// other is taken.
func TestReadDeadlines(t *testing.T) {
	ln, err := listen(t.Context(), "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	past := time.Now().Add(-time.Hour)
	for _, tt := range []struct {
		name    string
		set     func(time.Time) error
		at      time.Time
		expired bool
	}{
		{"past", conn.SetReadDeadline, past, true},
		{"a little later", conn.SetReadDeadline, past.Add(slack - time.Millisecond), true},
		{"much later", conn.SetReadDeadline, time.Now().Add(time.Hour), false},
		{"earlier", conn.SetReadDeadline, past, true},
		{"none", conn.SetReadDeadline, time.Time{}, false},
		{"both ways", conn.SetDeadline, past, true},
		{"after both ways", conn.SetReadDeadline, time.Now().Add(time.Hour), false},
	} {
		if err := tt.set(tt.at); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Read(make([]byte, 1))
		if expired := errors.Is(err, os.ErrDeadlineExceeded); expired != tt.expired {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
