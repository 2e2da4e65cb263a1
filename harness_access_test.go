package main

import "encoding/json"

// constrain attaches an entitlement to a release.
func (p *process) constrain(release, entitlement resource) {
	p.t.Helper()
	body := map[string]any{"data": []any{map[string]any{"type": "constraints", "relationships": relations{"entitlement": entitlement}.document()}}}
	if _, err := p.api.call(p.t.Context(), "POST", below(p.Account, "releases/"+release.ID+"/constraints"), body, nil); err != nil {
		p.t.Fatal(err)
	}
}

// unconstrain detaches every constraint of a release.
func (p *process) unconstrain(release resource) {
	p.t.Helper()
	a := p.get("/v1/releases/"+release.ID+"/constraints", "Bearer "+p.Token)
	var list struct {
		Data []struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Data) == 0 {
		p.t.Fatalf("no constraints: %d %s", a.status, a.body)
	}
	if _, err := p.api.call(p.t.Context(), "DELETE", below(p.Account, "releases/"+release.ID+"/constraints"), list, nil); err != nil {
		p.t.Fatal(err)
	}
}

// entitle attaches an entitlement to a license.
func (p *process) entitle(license, entitlement resource) {
	p.t.Helper()
	body := map[string]any{"data": []any{map[string]string{"type": "entitlements", "id": entitlement.ID}}}
	if _, err := p.api.call(p.t.Context(), "POST", below(p.Account, "licenses/"+license.ID+"/entitlements"), body, nil); err != nil {
		p.t.Fatal(err)
	}
}

// entitled makes a license that holds an entitlement, and gives its key.
func (p *process) entitled(product, entitlement resource) string {
	p.t.Helper()
	license, key := p.license(product)
	p.entitle(license, entitlement)
	return key
}
