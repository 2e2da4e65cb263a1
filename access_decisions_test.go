package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// decision is a line of testdata/access/decisions.txt.
type decision struct {
	line    int
	when    [6]string // patterns: caller, strategy, status, needs, license, window
	answers []string  // status, or status and code, by view
	used    bool
}

func (d *decision) fits(c [6]string) bool {
	for i, pattern := range d.when {
		if pattern != "*" && !slices.Contains(strings.Split(pattern, "|"), c[i]) {
			return false
		}
	}
	return true
}

func readDecisions(t *testing.T) (list []*decision) {
	t.Helper()
	text, err := os.ReadFile("testdata/access/decisions.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		left, right, _ := strings.Cut(line, " : ")
		d := &decision{line: i + 1, answers: strings.Fields(right)}
		if n := copy(d.when[:], strings.Fields(left)); n != len(d.when) || len(d.answers) != len(views) {
			t.Fatalf("line %d: %q", i+1, line)
		}
		list = append(list, d)
	}
	return list
}

// views are the requests that ask for one release, in the order of the table.
var views = []struct{ name, path string }{
	{"packument", "/npm/acme/{key}"},
	{"tarball", "/npm/acme/{key}/-/{key}-1.0.0.tgz"},
	{"raw", "/raw/acme/{product}/@{key}/1.0.0/package-1.0.0.tgz"},
	{"artifact", "/v1/accounts/acme/artifacts/{artifact}/package-1.0.0.tgz"},
	{"release", "/v1/accounts/acme/releases/{release}"},
}

// ware is a release, the only one of its package.
type ware struct {
	strategy, status, window string
	gold                     bool // is constrained
	pkg, release, artifact   resource
}

// buyer is a license, of the product of a strategy.
type buyer struct {
	strategy, state string
	gold            bool // has the entitlement
	key, token      string
}

// mall is an account with a product of each strategy, releases of every kind
// and licenses in every state.
type mall struct {
	*process
	products map[string]resource
	gold     resource
	wares    []ware
	buyers   []buyer
}

var (
	strategies = []string{"OPEN", "LICENSED", "CLOSED"}
	states     = []string{"ACTIVE", "SUSPENDED", "RESTRICT_ACCESS", "MAINTAIN_ACCESS", "ALLOW_ACCESS", "REVOKE_ACCESS", "TOKEN", "LICENSE", "MIXED", "NONE"}
)

func newMall(t *testing.T) *mall {
	m := &mall{process: startServer(t), products: map[string]resource{}}
	m.gold = m.create("entitlements", map[string]any{"name": "Gold", "code": "GOLD"}, nil)
	for _, strategy := range strategies {
		m.products[strategy] = m.product(strings.ToLower(strategy), strategy)
		for _, gold := range []bool{false, true} {
			for _, status := range []string{"draft", "published", "yanked"} {
				for _, window := range []string{"before", "after"} {
					m.wares = append(m.wares, m.ware(strategy, status, window, gold))
				}
			}
			for _, state := range states {
				m.buyers = append(m.buyers, m.buyer(strategy, state, gold))
			}
		}
	}
	return m
}

// ware makes a release before or after 2021, when the licenses end.
func (m *mall) ware(strategy, status, window string, gold bool) ware {
	w := ware{strategy: strategy, status: status, window: window, gold: gold}
	key := strings.ToLower(fmt.Sprintf("%s-%s-%s-%t", strategy, status, window, gold))
	w.pkg = m.pkg(m.products[strategy], key, "npm")
	w.release = m.draft(m.products[strategy], w.pkg, "1.0.0")
	w.artifact = m.upload(w.release, "package-1.0.0.tgz", npmTarball(m.t, map[string]any{"name": key, "version": "1.0.0"}))
	date := map[string]string{"before": "2020-12-31T00:00:00Z", "after": "2021-01-02T00:00:00Z"}[window]
	if a := m.patch(w.release, map[string]any{"backdated": date}); a.status != 200 {
		m.t.Fatal(a.status, a.body)
	}
	if gold {
		m.constrain(w.release, m.gold)
	}
	if status != "draft" {
		m.publishRelease(w.release)
	}
	if status == "yanked" {
		m.action(w.release, "yank")
	}
	return w
}

func (m *mall) buyer(strategy, state string, gold bool) buyer {
	policy, attributes := map[string]any{}, map[string]any{}
	switch state {
	case "RESTRICT_ACCESS", "MAINTAIN_ACCESS", "ALLOW_ACCESS", "REVOKE_ACCESS":
		policy["expirationStrategy"], attributes["expiry"] = state, "2021-01-01T00:00:00Z"
	case "TOKEN", "LICENSE", "MIXED", "NONE":
		policy["authenticationStrategy"] = state
	}
	license, key := m.licenseUnder(m.products[strategy], policy, attributes)
	if gold {
		m.entitle(license, m.gold)
	}
	b := buyer{strategy, state, gold, key, m.licenseToken(license)}
	if state == "SUSPENDED" {
		m.action(license, "suspend")
	}
	return b
}

// TestAccessDecisions walks the whole table: caller, strategy, status,
// constraint, state of the license, window, and everything that answers.
func TestAccessDecisions(t *testing.T) {
	t.Parallel()
	m, table := newMall(t), readDecisions(t)
	other := "Bearer " + m.productToken(m.product("other", "OPEN"))
	for _, w := range m.wares {
		own := "Bearer " + m.productToken(m.products[w.strategy])
		for caller, credential := range map[string]string{"anonymous": "", "staff": "Bearer " + m.Token, "own": own, "other": other,
			"no-key": "License 000000-000000-000000-000000-000000-V3", "no-token": "Bearer prod-00000000000000000000"} {
			needs := map[bool]string{false: "none", true: "lacks"}[w.gold]
			m.judge(t, table, w, [6]string{caller, w.strategy, w.status, needs, "-", w.window}, credential)
		}
		for _, b := range m.buyers {
			if b.strategy != w.strategy {
				continue
			}
			needs := "none"
			if w.gold {
				needs = map[bool]string{false: "lacks", true: "held"}[b.gold]
			}
			m.judge(t, table, w, [6]string{"key", w.strategy, w.status, needs, b.state, w.window}, "License "+b.key)
			m.judge(t, table, w, [6]string{"token", w.strategy, w.status, needs, b.state, w.window}, "Bearer "+b.token)
		}
	}
	for _, d := range table {
		if !d.used {
			t.Errorf("line %d never decides", d.line)
		}
	}
}

// judge asks every view for a release and compares with the table.
func (m *mall) judge(t *testing.T, table []*decision, w ware, c [6]string, credential string) {
	t.Helper()
	at := slices.IndexFunc(table, func(d *decision) bool { return d.fits(c) })
	if at < 0 {
		t.Fatalf("no line decides %v", c)
	}
	d := table[at]
	d.used = true
	names := strings.NewReplacer("{key}", w.pkg.text("key"), "{product}", strings.ToLower(w.strategy), "{artifact}", w.artifact.ID, "{release}", w.release.ID)
	for i, view := range views {
		status, code, _ := strings.Cut(d.answers[i], ":")
		a := m.get(path.Clean(names.Replace(view.path)), credential)
		if fmt.Sprint(a.status) != status || code != "" && !strings.Contains(a.body, `"code":"`+code+`"`) {
			t.Errorf("%v: %s answers %d %.200s; line %d says %s", c, view.name, a.status, a.body, d.line, d.answers[i])
		}
	}
}
