package principal

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"offprint/schema"
)

// counted counts what a Book asks the store for, and calls at most once what a
// test has put between its reads.
type counted struct {
	schema.Records
	finds   atomic.Int64
	between atomic.Pointer[func()]
}

func (c *counted) Find(ctx context.Context, account string, kind schema.Kind, name string) ([]schema.Record, error) {
	c.finds.Add(1)
	found, err := c.Records.Find(ctx, account, kind, name)
	if fn := c.between.Swap(nil); fn != nil {
		(*fn)()
	}
	return found, err
}

func TestNoticesDropWhatTheyConcern(t *testing.T) {
	w := newWorld(t)
	store := &counted{Records: w.store}
	w.book = NewBook(store, w.sealer)
	l, user := w.license("acme", "K"), &schema.User{Base: of("acme", "bob"), Role: "admin"}
	l.Owner = "ann"
	plan, product := &schema.Policy{Base: of("acme", "plan")}, &schema.Product{Base: of("acme", "app")}
	lt, ut, pt := w.token("acme", "L", "licenses/"+l.ID), w.token("acme", "U", "users/bob"), w.token("acme", "P", "products/app")
	w.put(l, user, plan, product, lt, ut, pt)
	credentials := []string{"key K", "token L", "token U", "token P"}
	for _, c := range []struct {
		key  schema.RecordKey
		want string // K, L, U, P: what is asked anew
	}{
		{l.Record().Key(), "KL"},
		{plan.Record().Key(), "KL"},
		{schema.RecordKey{Account: "acme", Kind: schema.Users, ID: "ann"}, "KL"}, // not there yet
		{user.Record().Key(), "U"},
		{product.Record().Key(), "P"},
		{lt.Record().Key(), "L"},
		{ut.Record().Key(), "U"},
		{pt.Record().Key(), "P"},
		{schema.RecordKey{Kind: schema.Accounts, ID: "acme"}, "KLUP"},
		{schema.RecordKey{Account: "bolt", Kind: schema.Licenses, ID: l.ID}, ""},
		{schema.RecordKey{Account: "acme", Kind: schema.Releases, ID: l.ID}, ""},
	} {
		for _, credential := range credentials {
			w.ask("acme", credential, 1)
		}
		w.book.Notice(schema.Notice{Log: "access", Records: []schema.RecordKey{c.key}})
		asked := ""
		for _, credential := range credentials {
			before := store.finds.Load()
			w.ask("acme", credential, 1)
			if store.finds.Load() > before {
				asked += credential[len(credential)-1:]
			}
		}
		if asked != c.want {
			t.Errorf("%v: %q was asked for, want %q", c.key, asked, c.want)
		}
	}
	w.book.Notice(schema.Notice{Log: "releases", All: true})
	if n := w.book.entries.Size() + len(w.book.dependents); n != 0 {
		t.Errorf("%d things left after a notice about everything", n)
	}
}

// TestLoadMeetsNotice changes records after a load has read them: the answer may
// be the old one, but it must not stay.
func TestLoadMeetsNotice(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *world, l *schema.License)
		after  string
		kept   bool
	}{
		{"suspended", func(w *world, l *schema.License) { l.Suspended = true; w.put(l) }, "403 LICENSE_SUSPENDED", false},
		{"revoked", func(w *world, l *schema.License) { w.remove(l) }, "401 LICENSE_INVALID", false},
		{"everything", func(w *world, l *schema.License) { w.book.Notice(schema.Notice{All: true}) }, "license live", false},
		{"another license", func(w *world, l *schema.License) { w.put(w.license("acme", "other")) }, "license live", true},
		{"many others", func(w *world, l *schema.License) {
			for i := range maxChanges + 1 {
				w.put(w.license("acme", fmt.Sprint("other", i)))
			}
		}, "license live", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			store := &counted{Records: w.store}
			w.book = NewBook(store, w.sealer)
			l := w.license("acme", "K")
			w.put(l, &schema.Policy{Base: of("acme", "plan")})
			change := func() { c.change(w, l) }
			store.between.Store(&change)
			w.ask("acme", "key K", 1)
			if kept := w.book.entries.Size() == 1; kept != c.kept {
				t.Errorf("kept: %v", kept)
			}
			w.want("acme", "key K", 1, c.after)
			if len(w.book.loads) != 0 {
				t.Errorf("%d loads never ended", len(w.book.loads))
			}
		})
	}
}

// TestSuspensionHoldsAtOnce has many callers ask while the license is suspended
// and reinstated: who asks after a notice gets the new answer.
func TestSuspensionHoldsAtOnce(t *testing.T) {
	w := newWorld(t)
	l := w.license("acme", "K")
	w.put(l, &schema.Policy{Base: of("acme", "plan")}, w.token("acme", "T", "licenses/"+l.ID))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, credential := range []string{"key K", "token T", "key K", "token T", "token invented"} {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, _, err := w.book.Rights(t.Context(), "acme", presented(credential), 1); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for i := range 300 {
		l.Suspended = i%2 == 0
		w.put(l)
		want := "license live"
		if l.Suspended {
			want = "403 LICENSE_SUSPENDED"
		}
		w.want("acme", "key K", 1, want)
	}
	close(stop)
	wg.Wait()
	w.book.Notice(schema.Notice{Records: []schema.RecordKey{l.Record().Key()}})
	if w.book.entries.Size() != 0 || len(w.book.dependents) != 0 || len(w.book.loads) != 0 {
		t.Errorf("left: %d entries, %d dependents, %d loads", w.book.entries.Size(), len(w.book.dependents), len(w.book.loads))
	}
}

func TestBookIsBounded(t *testing.T) {
	w := newWorld(t)
	w.book.capacity = 10
	w.put(&schema.Policy{Base: of("acme", "plan")})
	for i := range 50 {
		w.put(w.license("acme", fmt.Sprint("K", i)))
		w.want("acme", fmt.Sprint("key K", i), 1, "license live")
		w.want("acme", fmt.Sprint("key invented", i), 1, "401 LICENSE_INVALID")
		w.book.Rights(t.Context(), fmt.Sprint("account", i), Presented{}, 1)
		if w.book.entries.Size() > 10 || len(w.book.anonymous) > 10 {
			t.Fatalf("%d entries, %d accounts", w.book.entries.Size(), len(w.book.anonymous))
		}
	}
	// Ten licenses, the policy, the account.
	if w.book.entries.Size() != 10 || len(w.book.dependents) != 12 {
		t.Errorf("%d entries, %d dependents", w.book.entries.Size(), len(w.book.dependents))
	}
}
