package principal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"offprint/schema"
	"offprint/schema/schematest"
)

// world is a store with credentials, and a Book on it that hears of every
// change.
type world struct {
	t      testing.TB
	store  *schematest.Memory
	sealer *schema.Sealer
	book   *Book
	at     uint64
}

func newWorld(t testing.TB) *world {
	sealer, err := schema.NewSealer(make([]byte, schema.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: schematest.NewMemory(), sealer: sealer}
	w.book = NewBook(w.store, sealer)
	return w
}

// commit writes without telling the Book.
func (w *world) commit(b schema.Batch) schema.Notice {
	b.Cursor, b.From, b.To = "access", w.at, w.at+1
	n := schema.Notice{Log: "access", From: w.at, To: w.at + 1}
	w.at++
	for _, rec := range b.Records {
		n.Records = append(n.Records, rec.Key())
	}
	n.Records = append(n.Records, b.Deleted...)
	if err := w.store.Commit(w.t.Context(), b); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) put(list ...schema.Resource) {
	var b schema.Batch
	for _, r := range list {
		b.Records = append(b.Records, r.Record())
	}
	w.book.Notice(w.commit(b))
}

func (w *world) remove(r schema.Resource) {
	w.book.Notice(w.commit(schema.Batch{Deleted: []schema.RecordKey{r.Record().Key()}}))
}

func of(account, id string) schema.Base { return schema.Base{ID: id, Account: account} }

func (w *world) token(account, secret, bearer string) *schema.Token {
	return &schema.Token{Base: of(account, "id of "+secret), Bearer: bearer, Digest: w.sealer.Hex(schema.TokenSecret, secret)}
}

func (w *world) license(account, key string) *schema.License {
	return &schema.License{Base: of(account, "id of "+key), Product: "app", Policy: "plan", KeyDigest: w.sealer.Hex(schema.LicenseSecret, key)}
}

// presented reads "key K" and "token T".
func presented(credential string) Presented {
	switch form, secret, _ := strings.Cut(credential, " "); form {
	case "key":
		return Presented{Form: KeyForm, Secret: []byte(secret)}
	case "token":
		return Presented{Form: TokenForm, Secret: []byte(secret)}
	}
	return Presented{}
}

// ask gives the code of a refusal, or who it is and what its licenses are good
// for.
func (w *world) ask(account, credential string, now int64) string {
	w.t.Helper()
	rights, refusal, err := w.book.Rights(w.t.Context(), account, presented(credential), now)
	switch {
	case err != nil:
		w.t.Fatalf("%s: %v", credential, err)
	case (rights == nil) == (refusal == nil):
		w.t.Fatalf("%s: %v and %v", credential, rights, refusal)
	case refusal != nil:
		return fmt.Sprint(refusal.Status, " ", refusal.Code)
	}
	out := string(rights.Kind)
	for _, g := range rights.Grants {
		state := "live"
		switch {
		case g.Dead != "":
			state = g.Dead
		case rights.Cut(g.Product, "LICENSED", nil, now) == schema.Never:
			state = "lapsed"
		case g.Cut != schema.Forever:
			state = fmt.Sprint("to ", g.Cut)
		}
		out += " " + state
	}
	return out
}

func (w *world) want(account, credential string, now int64, want string) {
	w.t.Helper()
	for _, temper := range []string{"cold", "warm"} {
		if got := w.ask(account, credential, now); got != want {
			w.t.Errorf("%s of %q at %d, %s: %s, want %s", credential, account, now, temper, got, want)
		}
	}
}

// TestLicenseStates is the table of access.md 6.4, with rows A2, A14, A15, A16
// of section 12; every license expires at 100.
func TestLicenseStates(t *testing.T) {
	for _, c := range []struct {
		name           string
		expiration     string
		authentication string
		suspended      bool
		banned         bool
		now            int64
		key, token     string
	}{
		{"active", "RESTRICT_ACCESS", "", false, false, 50, "license to 100", "license to 100"},
		{"expired, restrict", "RESTRICT_ACCESS", "", false, false, 150, "license to 100", "license to 100"},
		{"expired, maintain", "MAINTAIN_ACCESS", "", false, false, 150, "license to 100", "license to 100"},
		{"expired, allow", "ALLOW_ACCESS", "", false, false, 150, "license live", "license live"},
		{"A16 revoke, last instant", "REVOKE_ACCESS", "", false, false, 100, "license live", "license live"},
		{"A16 revoke, expired", "REVOKE_ACCESS", "", false, false, 101, "403 LICENSE_EXPIRED", "license lapsed"},
		{"A2 suspended", "RESTRICT_ACCESS", "", true, false, 50, "403 LICENSE_SUSPENDED", "license LICENSE_SUSPENDED"},
		{"A15 suspended and expired", "REVOKE_ACCESS", "", true, false, 101, "403 LICENSE_SUSPENDED", "license LICENSE_SUSPENDED"},
		{"owner banned", "RESTRICT_ACCESS", "", false, true, 50, "403 LICENSE_BANNED", "403 USER_BANNED"},
		{"owner banned, suspended, expired", "REVOKE_ACCESS", "NONE", true, true, 101, "403 LICENSE_BANNED", "403 USER_BANNED"},
		{"A14 policy TOKEN", "ALLOW_ACCESS", "TOKEN", false, false, 50, "403 LICENSE_NOT_ALLOWED", "license live"},
		{"policy LICENSE", "ALLOW_ACCESS", "LICENSE", false, false, 50, "license live", "403 TOKEN_NOT_ALLOWED"},
		{"policy MIXED", "ALLOW_ACCESS", "MIXED", false, false, 50, "license live", "license live"},
		{"policy NONE", "ALLOW_ACCESS", "NONE", false, false, 50, "403 LICENSE_NOT_ALLOWED", "403 TOKEN_NOT_ALLOWED"},
		{"policy SESSION", "ALLOW_ACCESS", "SESSION", false, false, 50, "403 LICENSE_NOT_ALLOWED", "403 TOKEN_NOT_ALLOWED"},
		{"suspended before the form", "ALLOW_ACCESS", "TOKEN", true, false, 50, "403 LICENSE_SUSPENDED", "license LICENSE_SUSPENDED"},
		{"expired before the form", "REVOKE_ACCESS", "TOKEN", false, false, 101, "403 LICENSE_EXPIRED", "license lapsed"},
		{"suspended and the form", "ALLOW_ACCESS", "LICENSE", true, false, 50, "403 LICENSE_SUSPENDED", "403 TOKEN_NOT_ALLOWED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			l := w.license("acme", "K")
			l.Expiry, l.Suspended, l.Owner = 100, c.suspended, "ann"
			w.put(l, w.token("acme", "T", "licenses/"+l.ID),
				&schema.Policy{Base: of("acme", "plan"), Product: "app", ExpirationStrategy: c.expiration, AuthenticationStrategy: c.authentication},
				&schema.User{Base: of("acme", "ann"), Role: "user", Banned: c.banned})
			w.want("acme", "key K", c.now, c.key)
			w.want("acme", "token T", c.now, c.token)
			w.remove(l)
			w.want("acme", "key K", c.now, "401 LICENSE_INVALID")
			w.want("acme", "token T", c.now, "401 TOKEN_INVALID")
		})
	}
}

func TestA16TimeNeedsNoEvent(t *testing.T) {
	w := newWorld(t)
	l := w.license("acme", "K")
	l.Expiry = 100
	short := w.token("acme", "short", "licenses/"+l.ID)
	short.Expiry = 90
	w.put(l, short, w.token("acme", "T", "licenses/"+l.ID), &schema.Policy{Base: of("acme", "plan"), ExpirationStrategy: "REVOKE_ACCESS"})
	for _, c := range []struct {
		now               int64
		key, token, short string
	}{
		{90, "license live", "license live", "license live"},
		{91, "license live", "license live", "401 TOKEN_EXPIRED"},
		{100, "license live", "license live", "401 TOKEN_EXPIRED"},
		{101, "403 LICENSE_EXPIRED", "license lapsed", "401 TOKEN_EXPIRED"},
		{80, "license live", "license live", "license live"},
	} {
		w.want("acme", "key K", c.now, c.key)
		w.want("acme", "token T", c.now, c.token)
		w.want("acme", "token short", c.now, c.short)
	}
	w.put(&schema.User{Base: of("acme", "ann"), Banned: true}, func() *schema.License { l.Owner = "ann"; return l }())
	w.want("acme", "token short", 91, "401 TOKEN_EXPIRED") // before the ban
	w.want("acme", "token short", 90, "403 USER_BANNED")
}

func TestBearers(t *testing.T) {
	w := newWorld(t)
	w.put(&schema.Product{Base: of("acme", "app")}, w.token("acme", "prod", "products/app"), w.token("acme", "gone", "products/none"),
		w.token("acme", "nobody", "users/none"), w.token("acme", "orphan", "licenses/none"))
	roles := map[string]schema.PrincipalKind{"admin": schema.StaffCaller, "developer": schema.StaffCaller, "sales": schema.StaffCaller,
		"support": schema.StaffCaller, "read-only": schema.StaffCaller, "user": schema.UserCaller, "": schema.UserCaller, "owner": schema.UserCaller}
	for role, kind := range roles {
		u := &schema.User{Base: of("acme", "u-"+role), Role: role}
		w.put(u, w.token("acme", "t-"+role, "users/"+u.ID))
		got, refusal, err := w.book.Rights(t.Context(), "acme", presented("token t-"+role), 1)
		want := &schema.Rights{Kind: kind, ID: u.ID, Account: "acme", Role: role, Token: "id of t-" + role}
		if refusal != nil || err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("role %q: %+v %v %v, want %+v", role, got, refusal, err, want)
		}
		u.Banned = true
		w.put(u)
		w.want("acme", "token t-"+role, 1, "403 USER_BANNED")
	}
	got, _, _ := w.book.Rights(t.Context(), "acme", presented("token prod"), 1)
	if want := (&schema.Rights{Kind: schema.ProductCaller, ID: "app", Product: "app", Account: "acme", Token: "id of prod"}); !reflect.DeepEqual(got, want) {
		t.Errorf("product: %+v, want %+v", got, want)
	}
	for _, secret := range []string{"gone", "nobody", "orphan", "invented"} {
		w.want("acme", "token "+secret, 1, "401 TOKEN_INVALID")
	}
	w.put(w.token("acme", "odd", "machines/1"))
	if _, _, err := w.book.Rights(t.Context(), "acme", presented("token odd"), 1); err == nil {
		t.Error("an unknown kind of bearer is no error")
	}
}

func TestLicenseRights(t *testing.T) {
	w := newWorld(t)
	l := w.license("acme", "K")
	l.Entitlements, l.Expiry = []string{"b"}, 100
	w.put(l, w.token("acme", "T", "licenses/"+l.ID), &schema.Policy{Base: of("acme", "plan"), Entitlements: []string{"a", "c"}})
	want := &schema.Rights{Kind: schema.LicenseCaller, ID: l.ID, Account: "acme",
		Grants: []schema.Grant{{License: l.ID, Product: "app", Entitlements: []string{"a", "b", "c"}, Cut: 100, Expiry: 100}}}
	got, _, _ := w.book.Rights(t.Context(), "acme", presented("key K"), 1)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("key: %+v, want %+v", got, want)
	}
	want.Token = "id of T"
	if got, _, _ = w.book.Rights(t.Context(), "", presented("token T"), 1); !reflect.DeepEqual(got, want) {
		t.Errorf("token: %+v, want %+v", got, want)
	}
}

func TestAccounts(t *testing.T) {
	w := newWorld(t)
	for _, account := range []string{"acme", "bolt"} {
		l := w.license(account, "SHARED")
		l.Suspended = account == "bolt"
		w.put(l, &schema.Policy{Base: of(account, "plan")}, &schema.User{Base: of(account, "ann"), Role: "admin"})
	}
	w.put(w.token("bolt", "T", "users/ann"))
	t.Run("A10 foreign token reads as invented", func(t *testing.T) {
		w.want("bolt", "token T", 1, "staff")
		w.want("", "token T", 1, "staff")
		_, foreign, _ := w.book.Rights(t.Context(), "acme", presented("token T"), 1)
		_, invented, _ := w.book.Rights(t.Context(), "acme", presented("token invented"), 1)
		if foreign == nil || foreign != invented || foreign.Code != "TOKEN_INVALID" {
			t.Errorf("foreign %v, invented %v", foreign, invented)
		}
	})
	t.Run("A11 one key in two accounts", func(t *testing.T) {
		w.want("acme", "key SHARED", 1, "license live")
		w.want("bolt", "key SHARED", 1, "403 LICENSE_SUSPENDED")
		w.want("", "key SHARED", 1, "401 LICENSE_INVALID")
	})
	t.Run("A1 A9 A12 secrets are compared exactly", func(t *testing.T) {
		for _, credential := range []string{"token T\n", "token T ", "token  T", "token t", "token SHARED", "token wrong"} {
			w.want("bolt", credential, 1, "401 TOKEN_INVALID")
		}
		for _, credential := range []string{"key shared", "key SHARED ", "key T"} {
			w.want("acme", credential, 1, "401 LICENSE_INVALID")
		}
	})
	if _, refusal, _ := w.book.Rights(t.Context(), "acme", Presented{Form: PasswordForm, User: []byte("a@b"), Secret: []byte("x")}, 1); refusal.Code != "CREDENTIALS_INVALID" {
		t.Errorf("password: %v", refusal)
	}
}

func TestAnonymousIsShared(t *testing.T) {
	b := newWorld(t).book
	one, _, _ := b.Rights(t.Context(), "acme", Presented{}, 1)
	two, _, _ := b.Rights(t.Context(), "acme", Presented{}, 2)
	other, _, _ := b.Rights(t.Context(), "bolt", Presented{}, 1)
	if one != two || one.Kind != schema.Anonymous || one.Account != "acme" || other.Account != "bolt" {
		t.Errorf("%+v, %+v, %+v", one, two, other)
	}
}

// brokenStore cannot be read.
type brokenStore struct{ schema.Records }

var errBroken = errors.New("disk on fire")

func (brokenStore) Find(context.Context, string, schema.Kind, string) ([]schema.Record, error) {
	return nil, errBroken
}

func TestStoreErrorIsNoRefusal(t *testing.T) {
	w := newWorld(t)
	b := NewBook(brokenStore{}, w.sealer)
	for _, credential := range []string{"key SECRET", "token SECRET"} {
		rights, refusal, err := b.Rights(t.Context(), "acme", presented(credential), 1)
		if rights != nil || refusal != nil || !errors.Is(err, errBroken) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, %v, %v", credential, rights, refusal, err)
		}
	}
}
