package logtest

import (
	"time"

	"offprint/events"
)

var expirations = []string{"RESTRICT_ACCESS", "REVOKE_ACCESS", "MAINTAIN_ACCESS", "ALLOW_ACCESS"}

func (w *World) createPolicy() bool {
	p, ok := w.product()
	if !ok || len(p.account.policies) >= 4 {
		return false
	}
	y := &policy{id: w.id(), product: p.id}
	p.account.policies = append(p.account.policies, y)
	strategy, _ := some(w, expirations)
	return w.put(p.account, events.PolicyCreated, "policies/"+y.id, events.Subject{ID: y.id}, &events.PolicyData{Policy: y.id, Name: "Policy",
		Product: p.id, Duration: int64(w.pick(3)) * 86400, ExpirationStrategy: strategy, Entitlements: subset(w, p.account.entitlements)})
}

func (w *World) policy() (*account, *policy, bool) {
	a := w.account()
	y, ok := some(w, a.policies)
	return a, y, ok
}

func (w *World) updatePolicy() bool {
	a, y, ok := w.policy()
	set := events.Set{}
	set.Put("duration", w.pick(1000))
	return ok && w.put(a, events.PolicyUpdated, "policies/"+y.id, events.Subject{ID: y.id}, &events.PolicySet{Policy: y.id, Set: set})
}

func (w *World) deletePolicy() bool {
	a, y, ok := w.policy()
	if !ok || !w.chance(30) {
		return false
	}
	a.policies = remove(a.policies, y)
	return w.put(a, events.PolicyDeleted, "policies/"+y.id, events.Subject{ID: y.id}, &events.PolicyGone{Policy: y.id})
}

func (w *World) grantPolicy() bool {
	a, y, ok := w.policy()
	list := subset(w, a.entitlements)
	kind, _ := some(w, []events.Kind{events.PolicyEntitlementsAttached, events.PolicyEntitlementsDetached})
	return ok && len(list) > 0 && w.put(a, kind, "policies/"+y.id, events.Subject{ID: y.id}, &events.PolicyGrants{Policy: y.id, Entitlements: list})
}

func (w *World) createLicense() bool {
	a, y, ok := w.policy()
	if !ok {
		return false
	}
	id := w.id()
	y.licenses = append(y.licenses, id)
	d := &events.LicenseData{License: id, Policy: y.id, Product: y.product, KeyDigest: "digest of " + id, KeyPrefix: id[:4],
		Entitlements: subset(w, a.entitlements)}
	if w.chance(50) {
		d.Expiry = events.At(w.now.Add(time.Duration(w.pick(1000)) * time.Hour))
	}
	if len(a.users) > 0 && w.chance(30) {
		d.Owner, _ = some(w, a.users)
	}
	return w.put(a, events.LicenseCreated, "licenses/"+id, events.Subject{ID: id}, d)
}

func (w *World) license() (*account, *policy, string, bool) {
	a, y, ok := w.policy()
	if !ok {
		return nil, nil, "", false
	}
	id, ok := some(w, y.licenses)
	return a, y, id, ok
}

func (w *World) changeLicense() bool {
	a, y, id, ok := w.license()
	if !ok {
		return false
	}
	at := events.Subject{ID: id}
	switch w.pick(5) {
	case 0:
		return w.put(a, events.LicenseSuspended, "licenses/"+id, at, &events.LicenseChange{License: id})
	case 1:
		return w.put(a, events.LicenseReinstated, "licenses/"+id, at, &events.LicenseChange{License: id})
	case 2:
		return w.put(a, events.LicenseRenewed, "licenses/"+id, at, &events.LicenseChange{License: id, Expiry: events.At(w.now.AddDate(1, 0, 0))})
	case 3:
		set := events.Set{}
		set.Put("name", "L")
		set.Put("expiry", nil)
		return w.put(a, events.LicenseUpdated, "licenses/"+id, at, &events.LicenseSet{License: id, Set: set})
	}
	if !w.chance(20) {
		y.licenses = remove(y.licenses, id)
	}
	return w.put(a, events.LicenseRevoked, "licenses/"+id, at, &events.LicenseChange{License: id})
}

func (w *World) grantLicense() bool {
	a, _, id, ok := w.license()
	if !ok {
		return false
	}
	list := subset(w, a.entitlements)
	kind, _ := some(w, []events.Kind{events.LicenseEntitlementsAttached, events.LicenseEntitlementsDetached})
	return len(list) > 0 && w.put(a, kind, "licenses/"+id, events.Subject{ID: id}, &events.LicenseGrants{License: id, Entitlements: list})
}

func (w *World) createUser() bool {
	a := w.account()
	id := w.id()
	a.users = append(a.users, id)
	role, _ := some(w, []string{"admin", "user", "read-only"})
	return w.put(a, events.UserCreated, "users/"+id, events.Subject{ID: id}, &events.UserData{User: id, Role: role, Email: id[:8] + "@example.com"})
}

func (w *World) generateToken() bool {
	a := w.account()
	d := events.TokenData{Token: w.id(), Kind: "license-token"}
	d.TokenDigest = "digest of " + d.Token
	if _, _, id, ok := w.license(); ok && w.chance(50) {
		d.Bearer = "licenses/" + id
	} else if p, ok := w.product(); ok {
		d.Kind, d.Bearer = "product-token", "products/"+p.id
	} else {
		return false
	}
	a.tokens = append(a.tokens, d)
	return w.put(a, events.TokenGenerated, "tokens/"+d.Token, events.Subject{ID: d.Token}, &d)
}

func (w *World) changeToken() bool {
	a := w.account()
	d, ok := some(w, a.tokens)
	if !ok {
		return false
	}
	if w.chance(50) {
		d.TokenDigest += "'"
		return w.put(a, events.TokenRegenerated, "tokens/"+d.Token, events.Subject{ID: d.Token}, &d)
	}
	a.tokens = remove(a.tokens, d)
	return w.put(a, events.TokenRevoked, "tokens/"+d.Token, events.Subject{ID: d.Token}, &events.TokenGone{Token: d.Token})
}
