package rubygems

import (
	"crypto/md5"
	"fmt"
	"strings"
	"sync"
	"testing"

	"offprint/schema"
)

// versionsOf asks for /versions and checks that it is whole: its entity tag is
// its digest, and its last line for a gem has the digest of the gem's /info.
func versionsOf(t testing.TB, s *site, key string, gem int) string {
	ctx := s.get("/versions", key)
	body := string(ctx.Response.Body())
	if etag := string(ctx.Response.Header.Peek("ETag")); etag != fmt.Sprintf(`"%x"`, md5.Sum([]byte(body))) {
		t.Errorf("ETag %s of %q", etag, body)
	}
	at := strings.LastIndex(body, "\n"+gemOf(gem)+" ")
	line, _, _ := strings.Cut(body[at+1:], "\n")
	info := s.get("/info/"+gemOf(gem), key).Response.Body()
	if sum := fmt.Sprintf("%x", md5.Sum(info)); !strings.HasSuffix(line, " "+sum) {
		t.Errorf("/versions says %q, /info of the same caller has %s", line, sum)
	}
	return body
}

// TestVersionsGrow: after each publication both callers' /versions is the one of
// before with lines at its end, and equals that of a server that knows nothing
// of before.
func TestVersionsGrow(t *testing.T) {
	s := newSite(t, 5, 7)
	old := map[string]string{}
	for v := 10; v < 30; v++ {
		var needs []string
		if v%3 == 0 {
			needs = []string{goldID}
		}
		s.publish(t, v%5, v, needs...)
		for _, key := range []string{plainKey, goldKey} {
			body := versionsOf(t, s, key, v%5)
			if !strings.HasPrefix(body, old[key]) || (body == old[key]) != (needs != nil && key == plainKey) {
				t.Errorf("version %d, %s: after\n%s\ncomes\n%s", v, key, old[key], body)
			}
			old[key] = body
		}
	}
	s.Notice(schema.Notice{Log: "releases", All: true})
	for key, body := range old {
		if again := versionsOf(t, s, key, 1); again != body {
			t.Errorf("%s: from nothing\n%s\nwas\n%s", key, again, body)
		}
	}
}

// TestVersionsWhilePublishing: readers never see half a change.
func TestVersionsWhilePublishing(t *testing.T) {
	s := newSite(t, 5, 7)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for _, key := range []string{plainKey, goldKey, plainKey} {
		readers.Go(func() {
			old := ""
			for {
				ctx := s.get("/versions", key)
				body := string(ctx.Response.Body())
				if !strings.HasPrefix(body, old) || string(ctx.Response.Header.Peek("ETag")) != fmt.Sprintf(`"%x"`, md5.Sum([]byte(body))) {
					t.Errorf("after\n%s\ncomes\n%s", old, body)
					return
				}
				old = body
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for v := 10; v < 60; v++ {
		s.publish(t, v%5, v)
	}
	close(stop)
	readers.Wait()
	versionsOf(t, s, plainKey, 1)
}
