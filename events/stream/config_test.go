package stream

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
)

// TestStreams: the definitions are those of the description of the streams.
func TestStreams(t *testing.T) {
	l := open(t)
	for log, name := range map[events.Log]string{events.Releases: "RELEASES", events.Access: "ACCESS"} {
		info, err := l.streams[log].Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := info.Config
		for what, ok := range map[string]bool{
			"name":             c.Name == name,
			"subjects":         len(c.Subjects) == 1 && c.Subjects[0] == string(log)+".>",
			"retention":        c.Retention == jetstream.LimitsPolicy && c.MaxAge == 0 && c.MaxBytes == -1 && c.MaxMsgs == -1 && c.MaxMsgsPerSubject == -1,
			"deny_delete":      c.DenyDelete,
			"deny_purge":       c.DenyPurge,
			"discard":          c.Discard == jetstream.DiscardNew,
			"duplicate window": c.Duplicates == time.Hour,
			"max_msg_size":     c.MaxMsgSize == 1<<20,
			"storage":          c.Storage == jetstream.FileStorage,
			"compression":      c.Compression == jetstream.S2Compression,
			"replicas":         c.Replicas == 1,
		} {
			if !ok {
				t.Errorf("%s: %s is not as promised: %+v", name, what, c)
			}
		}
	}
	if Config(events.Access, 3).Replicas != 3 {
		t.Error("a cluster has three replicas")
	}
}

// TestE12ForgetfulStream: a stream that would lose something is refused with
// one line that says what is wrong.
func TestE12ForgetfulStream(t *testing.T) {
	for want, change := range map[string]func(*jetstream.StreamConfig){
		"max_age 1h0m0s, it must be 0s":             func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour; c.Duplicates = time.Hour },
		"num_replicas 1, it must be 3":              nil,
		"max_bytes 1048576, it must be -1":          func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 },
		"max_msgs 9, it must be -1":                 func(c *jetstream.StreamConfig) { c.MaxMsgs = 9 },
		"max_msgs_per_subject 9, it must be -1":     func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 9 },
		"deny_delete false, it must be true":        func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"deny_purge false, it must be true":         func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"storage Memory, it must be File":           func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage; c.Compression = 0 },
		"discard DiscardOld, it must be DiscardNew": func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"retention WorkQueue, it must be Limits":    func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy },
		"subjects releases.a.>, it must be":         func(c *jetstream.StreamConfig) { c.Subjects = []string{"releases.a.>"} },
		"no_ack true, it must be false":             func(c *jetstream.StreamConfig) { c.NoAck = true },
		"max_msg_size 1000, it must be at least":    func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1000 },
	} {
		t.Run(want, func(t *testing.T) {
			s, err := Embed(t.TempDir(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			nc, err := s.Connect()
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			replicas := 1
			c := Config(events.Releases, 1)
			if change != nil {
				c.AllowAtomicPublish = false
				change(&c)
			} else {
				replicas = 3
			}
			if _, err := js.CreateStream(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), nc, replicas)
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "stream RELEASES has "+want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestE13NobodyDeletes: the stream refuses to delete or purge a message, and to
// be changed so that it would.
func TestE13NobodyDeletes(t *testing.T) {
	l := open(t)
	mustAppend(t, l, product("p1", "one"), 0, 1)
	s := l.streams[events.Releases]
	if err := s.DeleteMsg(t.Context(), 1); err == nil {
		t.Error("a message was deleted")
	}
	if err := s.SecureDeleteMsg(t.Context(), 1); err == nil {
		t.Error("a message was deleted and overwritten")
	}
	if err := s.Purge(t.Context()); err == nil {
		t.Error("the stream was purged")
	}
	c := Config(events.Releases, 1)
	c.DenyDelete, c.DenyPurge = false, false
	if _, err := l.js.UpdateStream(t.Context(), c); err == nil {
		t.Error("the flags were taken off")
	}
	wantEnd(t, l, 1)
}

func TestReopenKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	for i := range uint64(3) {
		s, err := Embed(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		nc, err := s.Connect()
		if err != nil {
			t.Fatal(err)
		}
		l, err := Open(t.Context(), nc, 1)
		if err != nil {
			t.Fatal(err)
		}
		wantEnd(t, l, i)
		mustAppend(t, l, product("p", string('a'+rune(i))), i, i+1)
		nc.Close()
		s.Close()
	}
}
