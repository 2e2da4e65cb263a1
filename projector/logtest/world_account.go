package logtest

import (
	"fmt"
	"slices"

	"offprint/events"
)

var strategies = []string{"", "LICENSED", "OPEN", "CLOSED"}

func (w *World) createAccount() bool {
	if len(w.accounts) >= 2 {
		return false
	}
	a := &account{id: w.id(), slug: fmt.Sprintf("acct%d", len(w.accounts))}
	w.accounts = append(w.accounts, a)
	return w.put(a, events.AccountCreated, "accounts/"+a.id, events.Subject{}, &events.AccountData{Account: a.id, Slug: a.slug, Name: "N"})
}

func (w *World) updateAccount() bool {
	a := w.account()
	set := events.Set{}
	set.Put("name", fmt.Sprint("name ", w.pick(9)))
	return w.put(a, events.AccountUpdated, "accounts/"+a.id, events.Subject{}, &events.AccountSet{Account: a.id, Set: set})
}

func (w *World) createProduct() bool {
	a := w.account()
	if len(a.products) >= 2 {
		return false
	}
	p := &product{account: a, id: w.id()}
	p.loose = &pkg{product: p}
	a.products = append(a.products, p)
	strategy, _ := some(w, strategies)
	return w.put(a, events.ProductCreated, "products/"+p.id, events.Subject{},
		&events.ProductData{Base: events.Base{Product: p.id}, Name: "Product", Code: "code-" + p.id[:8], DistributionStrategy: strategy})
}

func (w *World) updateProduct() bool {
	p, ok := w.product()
	if !ok {
		return false
	}
	set := events.Set{}
	strategy, _ := some(w, strategies[1:])
	set.Put("distributionStrategy", strategy)
	if w.chance(50) {
		set.Put("url", nil)
	}
	return w.put(p.account, events.ProductUpdated, "products/"+p.id, events.Subject{},
		&events.ProductSet{Base: events.Base{Product: p.id}, Set: set})
}

// deleteProduct leaves the model's product in place now and then: what follows
// is about something deleted.
func (w *World) deleteProduct() bool {
	p, ok := w.product()
	if !ok || !w.chance(10) {
		return false
	}
	if !w.chance(20) {
		p.account.products = remove(p.account.products, p)
	}
	return w.put(p.account, events.ProductDeleted, "products/"+p.id, events.Subject{}, &events.ProductGone{Base: events.Base{Product: p.id}})
}

func remove[T comparable](list []T, x T) []T {
	return slices.DeleteFunc(list, func(y T) bool { return x == y })
}

func (w *World) createEntitlement() bool {
	a := w.account()
	if len(a.entitlements) >= 4 {
		return false
	}
	id := w.id()
	a.entitlements = append(a.entitlements, id)
	return w.put(a, events.EntitlementCreated, "entitlements/"+id, events.Subject{},
		&events.EntitlementData{Entitlement: id, Name: "E", Code: "E" + id[:8]})
}

func (w *World) updateEntitlement() bool {
	a := w.account()
	id, ok := some(w, a.entitlements)
	set := events.Set{}
	set.Put("name", "F")
	return ok && w.put(a, events.EntitlementUpdated, "entitlements/"+id, events.Subject{}, &events.EntitlementSet{Entitlement: id, Set: set})
}

func (w *World) deleteEntitlement() bool {
	a := w.account()
	id, ok := some(w, a.entitlements)
	if !ok || !w.chance(20) {
		return false
	}
	a.entitlements = remove(a.entitlements, id)
	return w.put(a, events.EntitlementDeleted, "entitlements/"+id, events.Subject{}, &events.EntitlementGone{Entitlement: id})
}

func (p *pkg) subject() events.Subject {
	return events.Subject{Product: p.product.id, Package: p.key}
}

func (p *pkg) base() events.Base {
	return events.Base{Product: p.product.id, Package: p.id, Key: p.key, Engine: p.engine}
}

var engines = []string{"npm", "npm", "npm", "npm", "rubygems", "rubygems", "oci", "oci", "raw", ""}

func (w *World) createPackage() bool {
	p, ok := w.product()
	if !ok || len(p.pkgs) >= 4 {
		return false
	}
	engine, _ := some(w, engines)
	k := &pkg{product: p, id: w.id(), engine: engine}
	k.key = "pkg-" + k.id[:6]
	if engine == "npm" && w.chance(30) {
		k.key = "@scope/" + k.key
	}
	p.pkgs = append(p.pkgs, k)
	return w.put(p.account, events.PackageCreated, "packages/"+k.id, k.subject(), &events.PackageData{Base: k.base(), Name: "Package"})
}

func (w *World) pkg() (*pkg, bool) {
	p, ok := w.product()
	if !ok {
		return nil, false
	}
	return some(w, p.pkgs)
}

func (w *World) updatePackage() bool {
	k, ok := w.pkg()
	if !ok {
		return false
	}
	set := events.Set{}
	set.Put("name", fmt.Sprint("Package ", w.pick(5)))
	if k.made == 0 {
		k.engine, _ = some(w, engines)
		set.Put("engine", k.engine)
	}
	return w.put(k.product.account, events.PackageUpdated, "packages/"+k.id, k.subject(), &events.PackageSet{Base: k.base(), Set: set})
}

func (w *World) deletePackage() bool {
	k, ok := w.pkg()
	if !ok || !w.chance(15) {
		return false
	}
	if !w.chance(20) {
		k.product.pkgs = remove(k.product.pkgs, k)
	}
	return w.put(k.product.account, events.PackageDeleted, "packages/"+k.id, k.subject(), &events.PackageGone{Base: k.base()})
}
