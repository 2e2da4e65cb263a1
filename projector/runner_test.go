package projector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"offprint/events"
	"offprint/events/stream"
	"offprint/schema"
	"offprint/schema/schematest"
)

// plant is a log, a projector that follows it, and files to be validated.
type plant struct {
	t     *testing.T
	log   *stream.Log
	store *schematest.Memory
	moved chan struct{} // holds one: something was committed

	mu    sync.Mutex
	reads map[string]int                         // sha256 -> how often it was opened
	open  func(ctx context.Context, n int) error // called by the n-th opening of any
	files map[string]string                      // sha256 -> bytes
	n     int
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	s, err := stream.Embed(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	log, err := stream.Open(t.Context(), nc, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := &plant{t: t, log: log, store: schematest.NewMemory(), moved: make(chan struct{}, 1), reads: map[string]int{}, files: map[string]string{}}
	p.background(func(ctx context.Context) error {
		return New(events.Releases, log, p.store, testEngines(), quiet(), func(schema.Notice) {
			select {
			case p.moved <- struct{}{}:
			default:
			}
		}).Run(ctx)
	})
	p.tell(`account.created {"account":"A","slug":"acme","name":"Acme"}
product.created {"product":"p1","name":"P"}
package.created {"product":"p1","package":"k1","key":"app","engine":"npm","name":"App"}`)
	return p
}

// background runs work until stop, or the end of the test.
func (p *plant) background(work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := work(ctx); err != nil {
			p.t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	p.t.Cleanup(stop)
	return stop
}

// tell appends the events of a script.
func (p *plant) tell(text string) {
	p.t.Helper()
	for _, s := range append(script(p.t, text).Stored(events.Releases), script(p.t, text).Stored(events.Access)...) {
		if p.n++; strings.HasPrefix(s.Type(), "offprint.release") || strings.HasPrefix(s.Type(), "offprint.artifact") {
			s.Subject = strings.Replace(s.Subject, "acme._._", "acme.p1.app", 1)
			s.Subject = strings.Replace(s.Subject, "acme.p1._", "acme.p1.app", 1)
		}
		e, err := events.Decode(s.Subject, s.Header, s.Body, 0)
		if err != nil {
			p.t.Fatal(err)
		}
		e.ID = fmt.Sprint("told", p.n)
		last, err := p.log.Last(p.t.Context(), e.Subject.Boundary())
		if err == nil {
			_, err = p.log.Append(p.t.Context(), e, last)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// stored tells that a file of a release with these bytes is there.
func (p *plant) stored(release, artifact, bytes string) {
	p.t.Helper()
	p.files["sha-"+artifact] = bytes
	p.tell(fmt.Sprintf(`artifact.created {"release":%q,"artifact":%q,"filename":"%s.tgz"}
artifact.stored {"artifact":%q,"size":%d,"sha256":"sha-%s","sha512":"x","sha1":"x","md5":"x"}`, release, artifact, artifact, artifact, len(bytes), artifact))
}

func (p *plant) release(id, version string) {
	p.t.Helper()
	p.tell(fmt.Sprintf(`release.created {"product":"p1","package":"k1","release":%q,"version":%q,"channel":"stable","status":"DRAFT"}`, id, version))
}

// OpenBlob implements Blobs.
func (p *plant) OpenBlob(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	p.mu.Lock()
	p.reads[sha256]++
	n := 0
	for _, r := range p.reads {
		n += r
	}
	open := p.open
	p.mu.Unlock()
	if open != nil {
		if err := open(ctx, n); err != nil {
			return nil, err
		}
	}
	return io.NopCloser(strings.NewReader(p.files[sha256])), nil
}

func (p *plant) runner() *Runner {
	return &Runner{Log: p.log, Store: p.store, Blobs: p, Engines: testEngines(), Now: time.Now, Logger: quiet(), ackWait: time.Second,
		Cursor: func(ctx context.Context) (uint64, error) { return p.store.Cursor(ctx, "releases") }}
}

// validators runs a runner.
func (p *plant) validators(r *Runner) (stop func()) {
	return p.background(func(ctx context.Context) error { return r.Run(ctx, p.log.JetStream(), 4) })
}

func (p *plant) artifact(id string) schema.Artifact {
	p.t.Helper()
	a, err := schema.Get[schema.Artifact](p.t.Context(), p.store, "A", schema.Artifacts, id)
	if err != nil && !errors.Is(err, schema.ErrNotFound) {
		p.t.Fatal(err)
	}
	return a
}

// await waits until the store says so.
func (p *plant) await(what string, ok func() bool) {
	p.t.Helper()
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-p.moved:
		case <-limit:
			p.t.Fatalf("%s did not happen", what)
		}
	}
}

func (p *plant) judged(id string) func() bool {
	return func() bool { s := p.artifact(id).Status; return s == uploaded || s == failed }
}

// verdicts lists what was found of files, in order.
func (p *plant) verdicts() (out []events.Event) {
	p.t.Helper()
	end, err := p.log.End(p.t.Context(), events.Releases)
	if err == nil {
		err = p.log.Read(p.t.Context(), events.Releases, 0, end, func(m stream.Message) error {
			if m.Event.Kind == events.ArtifactProcessed || m.Event.Kind == events.ArtifactFailed {
				out = append(out, m.Event)
			}
			return m.Err
		})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func TestRunnerJudgesFiles(t *testing.T) {
	p := newPlant(t)
	p.release("r1", "1.0.0")
	p.release("r2", "2.0.0")
	p.stored("r1", "good", `{"manifest":{"name":"app"}}`)
	p.stored("r2", "bad", `{`)
	p.validators(p.runner())
	p.await("a verdict on both", func() bool { return p.judged("good")() && p.judged("bad")() })
	if a := p.artifact("good"); a.Status != uploaded || !bytes.Contains(a.Facts, []byte(`"manifest":{"name":"app"}`)) {
		t.Errorf("%+v", a)
	}
	if a := p.artifact("bad"); a.Status != failed || a.FailureReason != "NPM_MANIFEST_INVALID: The file is no JSON." {
		t.Errorf("%+v", a)
	}
}

// TestRunnerStoppedMidway: work that was begun when a process stops is taken up
// by the next, and judged once.
func TestRunnerStoppedMidway(t *testing.T) {
	p := newPlant(t)
	begun := make(chan struct{})
	p.open = func(ctx context.Context, n int) error {
		if n > 1 {
			return nil
		}
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}
	p.release("r1", "1.0.0")
	p.stored("r1", "f1", `{"manifest":{}}`)
	stop := p.validators(p.runner())
	<-begun
	stop()
	if a := p.artifact("f1"); a.Status != processing {
		t.Errorf("%+v", a)
	}
	p.validators(p.runner())
	p.await("a verdict", p.judged("f1"))
	if v := p.verdicts(); len(v) != 1 || p.reads["sha-f1"] != 2 {
		t.Errorf("%d verdicts, read %v", len(v), p.reads)
	}
}

// TestRunnerKilledMidway: what a process held that was killed comes back when
// it has not said for a while that it goes on.
func TestRunnerKilledMidway(t *testing.T) {
	p := newPlant(t)
	p.release("r1", "1.0.0")
	p.stored("r1", "f1", `{"manifest":{}}`)
	cons, err := p.log.JetStream().CreateOrUpdateConsumer(t.Context(), "RELEASES", queue(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	held, err := cons.Fetch(1)
	if err != nil {
		t.Fatal(err)
	}
	if m := <-held.Messages(); m == nil { // never answered
		t.Fatal("no work in the queue", held.Error())
	}
	p.validators(p.runner())
	p.await("a verdict", p.judged("f1"))
}

// TestRunnerJudgedButNotAnswered: a process is killed between its verdict and
// its answer to the queue; the next finds nothing to do.
func TestRunnerJudgedButNotAnswered(t *testing.T) {
	p := newPlant(t)
	p.release("r1", "1.0.0")
	p.stored("r1", "f1", `{"manifest":{}}`)
	r := p.runner()
	stored := p.work()
	d := stored.Data.(*events.ArtifactBytes)
	for range 2 {
		if err := r.settle(t.Context(), stored, d, stored.Serial); err != nil {
			t.Fatal(err)
		}
	}
	p.release("r2", "2.0.0")
	p.stored("r2", "f2", `{"manifest":{}}`) // behind f1 in the queue
	p.validators(r)
	p.await("a verdict on the next file", p.judged("f2"))
	if v := p.verdicts(); len(v) != 2 || p.reads["sha-f1"] != 1 {
		t.Errorf("%d verdicts, read %v", len(v), p.reads)
	}
}

// work gives the last artifact.stored of the log.
func (p *plant) work() (e events.Event) {
	p.t.Helper()
	end, err := p.log.End(p.t.Context(), events.Releases)
	if err == nil {
		err = p.log.Read(p.t.Context(), events.Releases, 0, end, func(m stream.Message) error {
			if m.Event.Kind == events.ArtifactStored {
				e = m.Event
			}
			return nil
		})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return e
}

// TestRunnersTogether: two processes, many files of one package at once: each
// file is judged once, one file of a release is taken and the other refused,
// and of two versions that differ in build metadata alone one is.
func TestRunnersTogether(t *testing.T) {
	p := newPlant(t)
	var meet sync.WaitGroup // twins are read at the same time
	for i := range 6 {
		release := fmt.Sprint("r", i)
		p.release(release, fmt.Sprintf("1.0.%d", i))
		p.stored(release, "a"+release, `{"manifest":{}}`)
		p.stored(release, "b"+release, `{"manifest":{}}`)
	}
	p.release("t1", "2.0.0+one")
	p.release("t2", "2.0.0+two")
	p.stored("t1", "t1", `{"manifest":{}}`)
	p.stored("t2", "t2", `{"manifest":{}}`)
	meet.Add(2)
	p.open = func(_ context.Context, n int) error {
		if n <= 2 {
			meet.Done()
			meet.Wait()
		}
		return nil
	}
	p.validators(p.runner())
	p.validators(p.runner())
	for i := range 6 {
		a, b := fmt.Sprint("ar", i), fmt.Sprint("br", i)
		p.await("a verdict on both", func() bool { return p.judged(a)() && p.judged(b)() })
		oneTaken(t, p.artifact(a), p.artifact(b), "NPM_TARBALL_TAKEN")
	}
	p.await("a verdict on both", func() bool { return p.judged("t1")() && p.judged("t2")() })
	oneTaken(t, p.artifact("t1"), p.artifact("t2"), "NPM_VERSION_TAKEN")
	if v := p.verdicts(); len(v) != 14 {
		t.Errorf("%d verdicts", len(v))
	}
}

func oneTaken(t *testing.T, a, b schema.Artifact, code string) {
	t.Helper()
	if a.Status == failed {
		a, b = b, a
	}
	if a.Status != uploaded || b.Status != failed || !strings.HasPrefix(b.FailureReason, code+": ") {
		t.Errorf("%s is %s, %s is %s: %s", a.ID, a.Status, b.ID, b.Status, b.FailureReason)
	}
}

// TestE30ClockGoesBack: a verdict is not dated before what it answers, nor
// before what was changed since.
func TestE30ClockGoesBack(t *testing.T) {
	p := newPlant(t)
	p.release("r1", "1.0.0")
	p.stored("r1", "f1", `{"manifest":{}}`)
	r := p.runner()
	r.Now = func() time.Time { return start.Add(-time.Hour) }
	p.validators(r)
	p.await("a verdict", p.judged("f1"))
	stored, verdict := p.work(), p.verdicts()[0]
	if verdict.Time.Before(stored.Time) || verdict.Serial <= stored.Serial {
		t.Errorf("verdict at %v, stored at %v", verdict.Time, stored.Time)
	}
	if at := r.event(stored, start.Add(time.Hour).UnixMilli(), events.ArtifactFailed, &events.ArtifactFailure{}).Time; !at.Equal(start.Add(time.Hour)) {
		t.Errorf("%v", at)
	}
}

// TestRunnerTriesAgain: trouble of the blob store is not the publisher's.
func TestRunnerTriesAgain(t *testing.T) {
	p := newPlant(t)
	p.open = func(_ context.Context, n int) error {
		if n == 1 {
			return errors.New("blob store away")
		}
		return nil
	}
	p.release("r1", "1.0.0")
	p.stored("r1", "f1", `{"manifest":{}}`)
	p.validators(p.runner())
	p.await("a verdict", p.judged("f1"))
	if a := p.artifact("f1"); a.Status != uploaded {
		t.Errorf("%+v", a)
	}
}

func TestDelays(t *testing.T) {
	for n, want := range map[uint64]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1 << 40: 5 * time.Minute} {
		if got := delay(&jetstream.MsgMetadata{NumDelivered: n}); got != want {
			t.Errorf("after %d tries %v, want %v", n, got, want)
		}
	}
}
