package logtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"offprint/events"
)

// Pick gives a number in [0, n), n at least 1. It decides everything about a
// World: rand.IntN, or draws of a property test.
type Pick func(n int) int

// World makes valid histories: every event is one that a server might have
// appended, given those before. Its accounts have products, packages (npm, raw,
// oci, without engine), releases in all states, files with made-up facts,
// entitlements, policies, licenses, users and tokens; a few events are about
// what was deleted since, as a lost race between boundaries leaves them.
type World struct {
	Log *Log

	pick     Pick
	now      time.Time
	ids      int
	accounts []*account
	kinds    map[events.Kind]int // appended so far
}

type account struct {
	id, slug     string
	products     []*product
	entitlements []string
	policies     []*policy
	users        []string
	tokens       []events.TokenData
}

type product struct {
	account *account
	id      string
	loose   *pkg // stands for the releases without package
	pkgs    []*pkg
}

type pkg struct {
	product         *product
	id, key, engine string // all empty: no package
	made            int    // releases
	releases        []*release
}

type release struct {
	pkg                      *pkg
	id, version, status, tag string
	published                time.Time
	constraints              []events.Constraint
	files                    []*file
}

type file struct {
	release         *release
	id, name, state string
	size            int64
	sha256          string
}

type policy struct {
	id       string
	product  string
	licenses []string
}

// NewWorld begins a history with one account in log.
func NewWorld(log *Log, pick Pick) *World {
	w := &World{Log: log, pick: pick, now: time.UnixMilli(1_790_000_000_000).UTC(), kinds: map[events.Kind]int{}}
	w.createAccount()
	return w
}

// Steps appends n events.
func (w *World) Steps(n int) {
	for range n {
		w.Step()
	}
}

// Step appends one event.
func (w *World) Step() {
	w.now = w.now.Add(time.Duration(w.pick(4)*w.pick(500)) * time.Millisecond) // time may stand still
	for try := 0; ; try++ {
		a := actions[w.pick(len(actions))]
		if try == 20 {
			a = (*World).updateAccount
		}
		if a(w) {
			return
		}
	}
}

// Kinds says how often each kind was appended.
func (w *World) Kinds() map[events.Kind]int { return w.kinds }

// actions append one event each, or give false if there is nothing to do them
// to. Common ones stand here more than once.
var actions = []func(*World) bool{
	(*World).createAccount, (*World).updateAccount,
	(*World).createProduct, (*World).updateProduct, (*World).deleteProduct,
	(*World).createEntitlement, (*World).createEntitlement, (*World).updateEntitlement, (*World).deleteEntitlement,
	(*World).createPackage, (*World).createPackage, (*World).createPackage, (*World).updatePackage, (*World).deletePackage,
	(*World).createRelease, (*World).createRelease, (*World).createRelease, (*World).createRelease, (*World).createRelease,
	(*World).updateRelease, (*World).moveTag, (*World).publish, (*World).publish, (*World).publish, (*World).yank,
	(*World).deleteRelease, (*World).attach, (*World).attach, (*World).detach,
	(*World).createFile, (*World).createFile, (*World).createFile, (*World).createFile, (*World).createFile,
	(*World).store, (*World).store, (*World).store, (*World).store, (*World).store, (*World).store, (*World).store, (*World).store,
	(*World).process, (*World).process, (*World).process, (*World).process, (*World).process, (*World).process, (*World).process,
	(*World).failFile, (*World).reopen, (*World).updateFile, (*World).deleteFile,
	(*World).createPolicy, (*World).updatePolicy, (*World).deletePolicy, (*World).grantPolicy,
	(*World).createLicense, (*World).createLicense, (*World).changeLicense, (*World).changeLicense, (*World).grantLicense,
	(*World).createUser, (*World).generateToken, (*World).changeToken,
}

func (w *World) chance(percent int) bool { return w.pick(100) < percent }

// id gives a new UUID. They are in no order, so that no order of keys is that
// of creation.
func (w *World) id() string {
	w.ids++
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, w.ids)).String()
}

func (w *World) put(a *account, kind events.Kind, resource string, where events.Subject, data events.Payload) bool {
	where.Account, where.Kind, where.Log = a.slug, kind, kind.Log()
	w.kinds[kind]++
	w.Log.Put(events.Event{ID: w.id(), AccountID: a.id, Kind: kind, Resource: resource, Time: w.now, Actor: "system",
		Subject: where, Data: data})
	return true
}

// some gives one of list; ok is false if there is none.
func some[T any](w *World, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[w.pick(len(list))], true
}

// subset gives some of list, in its order.
func subset[T any](w *World, list []T) []T {
	var out []T
	for _, x := range list {
		if w.chance(30) {
			out = append(out, x)
		}
	}
	return out
}

func (w *World) account() *account { a, _ := some(w, w.accounts); return a }

func (w *World) product() (*product, bool) { return some(w, w.account().products) }

// anyPkg may give the one that stands for releases without package.
func (w *World) anyPkg() (*pkg, bool) {
	p, ok := w.product()
	if !ok {
		return nil, false
	}
	return some(w, append([]*pkg{p.loose}, p.pkgs...))
}

// releases are those of one account.
func (w *World) releases() (all []*release) {
	for _, p := range w.account().products {
		for _, k := range append([]*pkg{p.loose}, p.pkgs...) {
			all = append(all, k.releases...)
		}
	}
	return all
}

func (w *World) release() (*release, bool) { return some(w, w.releases()) }

// file gives one in any of some states.
func (w *World) file(states ...string) (*file, bool) {
	var fit []*file
	for _, r := range w.releases() {
		for _, f := range r.files {
			if slices.Contains(states, f.state) {
				fit = append(fit, f)
			}
		}
	}
	return some(w, fit)
}
