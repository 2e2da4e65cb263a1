package stream

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// TestDialErrorsKeepSecrets: no error shows the password or the token of a URL.
func TestDialErrorsKeepSecrets(t *testing.T) {
	servers, err := Embed(t.TempDir(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer servers.Close()
	good := servers.URL()
	if nc, err := Dial(t.Context(), good); err != nil {
		t.Fatal(err)
	} else {
		nc.Close()
	}
	for _, url := range []string{
		"nats://offprint:s3cret-word@127.0.0.1:1",
		"nats://s3cret-word@127.0.0.1:1",
		"nats://a:s3cret-word@127.0.0.1:1, nats://b:s3cret-word@127.0.0.1:2",
		"nats://a:s3cret-word@127.0.0.1:port",
		"nats://a:s3cret-word%zz@127.0.0.1",
		"nats://a:s3cret-word@[::1",
	} {
		nc, err := Dial(t.Context(), url)
		if err == nil {
			nc.Close()
			t.Errorf("%s connects", url)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") || !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", url, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, good); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestEmbedListens: without an address the log opens no port; with one it can
// be used from outside; a port in use is an error.
func TestEmbedListens(t *testing.T) {
	s, err := Embed(t.TempDir(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	nc, err := Dial(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	outside, err := Open(t.Context(), nc, 1)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, outside, product("p1", "one"), 0, 1)
	inside, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	js, err := jetstream.New(inside)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := js.Stream(t.Context(), "RELEASES"); err != nil || info.CachedInfo().State.LastSeq != 1 {
		t.Error(err)
	}
	for _, listen := range []string{"127.0.0.1", "127.0.0.1:port", "127.0.0.1:70000", strings.TrimPrefix(s.URL(), "nats://")} {
		if s, err := Embed(t.TempDir(), listen); err == nil {
			s.Close()
			t.Errorf("%s is an address", listen)
		}
	}
}
