package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"offprint/schema"
	"offprint/schema/schematest"
)

// counting counts reads of records, and may fail.
type counting struct {
	*schematest.Memory
	reads int
	err   error
	then  func() // called within a read, once
}

func (c *counting) read() error {
	c.reads++
	if then := c.then; then != nil {
		c.then = nil
		then()
	}
	return c.err
}

func (c *counting) Record(ctx context.Context, account string, kind schema.Kind, id string) (schema.Record, error) {
	rec, err := c.Memory.Record(ctx, account, kind, id)
	if own := c.read(); own != nil {
		return rec, own
	}
	return rec, err
}

func (c *counting) Find(ctx context.Context, account string, kind schema.Kind, name string) ([]schema.Record, error) {
	found, err := c.Memory.Find(ctx, account, kind, name)
	if own := c.read(); own != nil {
		return found, own
	}
	return found, err
}

func placesOf(t *testing.T) (*catalog, *counting) {
	store := &counting{Memory: schematest.NewMemory()}
	s := testServer(t, Config{})
	s.store = store
	return newCatalog(s, "acme"), store
}

func (c *counting) put(t *testing.T, a *schema.Artifact) {
	t.Helper()
	from, err := c.Cursor(t.Context(), "releases")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Commit(t.Context(), schema.Batch{Cursor: "releases", From: from, To: from + 1, Records: []schema.Record{a.Record()}}); err != nil {
		t.Fatal(err)
	}
}

func artifact(id, name string) *schema.Artifact {
	return &schema.Artifact{Base: schema.Base{ID: id, Account: "acme"}, Product: "p", Package: "k", Filename: name}
}

// TestPlacesAreRemembered: found or not, the store is asked once, until an
// artifact changes.
func TestPlacesAreRemembered(t *testing.T) {
	c, store := placesOf(t)
	store.put(t, artifact("a", "x.zip"))
	look := func() string {
		a, err := c.placeOf(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := c.placeOf(t.Context(), "b")
		x, _ := c.artifactsNamed(t.Context(), "x.zip")
		y, _ := c.artifactsNamed(t.Context(), "y.zip")
		return fmt.Sprint(a, b, x, y)
	}
	for range 3 {
		if got := look(); got != "{p k} { } [a] []" || store.reads != 4 {
			t.Errorf("%s after %d reads", got, store.reads)
		}
	}
	store.put(t, artifact("b", "y.zip"))
	c.places.change("b")
	if got := look(); got != "{p k} {p k} [a] [b]" || store.reads != 7 {
		t.Errorf("%s after %d reads", got, store.reads)
	}
}

// TestPlacesMeetNotices: what changes while it is read is not remembered.
func TestPlacesMeetNotices(t *testing.T) {
	c, store := placesOf(t)
	come := func() { store.put(t, artifact("a", "x.zip")); c.places.change("a") }
	store.then = come
	if at, err := c.placeOf(t.Context(), "a"); at != (place{}) || err != nil {
		t.Errorf("%v %v", at, err)
	}
	if at, _ := c.placeOf(t.Context(), "a"); at != (place{"p", "k"}) {
		t.Errorf("then %v", at)
	}
	c, store = placesOf(t)
	store.then = func() { store.put(t, artifact("a", "x.zip")); c.places.change("a") }
	if ids, err := c.artifactsNamed(t.Context(), "x.zip"); len(ids) != 0 || err != nil {
		t.Errorf("%v %v", ids, err)
	}
	if ids, _ := c.artifactsNamed(t.Context(), "x.zip"); len(ids) != 1 {
		t.Errorf("then %v", ids)
	}
}

// TestPlacesAreBounded: anybody can ask for invented names. An error is no
// knowledge.
func TestPlacesAreBounded(t *testing.T) {
	c, store := placesOf(t)
	for i := range maxPlaces + 10 {
		c.placeOf(t.Context(), fmt.Sprint(i))
		c.artifactsNamed(t.Context(), fmt.Sprint(i))
	}
	if n, m := len(c.places.byID), len(c.places.named); n > maxPlaces || m > maxPlaces || n == 0 || m == 0 {
		t.Errorf("%d ids and %d names", n, m)
	}
	before := store.reads
	if ids, err := c.artifactsNamed(t.Context(), strings.Repeat("x", maxFilename+1)); ids != nil || err != nil || store.reads != before {
		t.Errorf("a name longer than any: %v %v", ids, err)
	}
	store.err = errors.New("store is away")
	if _, err := c.placeOf(t.Context(), "new"); !errors.Is(err, store.err) {
		t.Errorf("error %v", err)
	}
	if _, err := c.artifactsNamed(t.Context(), "new"); !errors.Is(err, store.err) {
		t.Errorf("error %v", err)
	}
	store.err = nil
	store.put(t, artifact("new", "new"))
	if at, err := c.placeOf(t.Context(), "new"); at != (place{"p", "k"}) || err != nil {
		t.Errorf("back again: %v %v", at, err)
	}
}

func TestCompareVersions(t *testing.T) {
	order := []string{"", "x", "1.0.0-alpha", "1.0.0-alpha.2", "1.0.0-alpha.10", "1.0.0", "1.0.0+a", "1.0.0+b", "1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0"}
	for i, a := range order {
		for j, b := range order {
			got := compareVersions(a, b)
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
}
