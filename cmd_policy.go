package main

import "context"

// policyCmd are the commands about policies.
type policyCmd struct {
	List         listCmd[policyFilter]            `cmd:"" help:"List policies."`
	Show         showCmd[onePolicy]               `cmd:"" help:"Show a policy."`
	Create       createCmd[newPolicy]             `cmd:"" help:"Make a policy."`
	Update       updateCmd[onePolicy, policyText] `cmd:"" help:"Change a policy; it acts on all its licenses at once."`
	Delete       deleteCmd[onePolicy]             `cmd:"" help:"Delete a policy with its licenses."`
	Entitlements grantsCmd[onePolicy]             `cmd:"" help:"What all licenses of a policy entitle to."`
}

type policies struct{}

func (policies) noun() noun {
	return noun{"policies", []string{"id", "name", "duration", "expirationStrategy", "product"}}
}

type policyFilter struct {
	policies
	Product *string `query:"product" placeholder:"CODE" help:"Of this product only, by id or code."`
}

// onePolicy finds a policy.
type onePolicy struct {
	policies
	Policy string `arg:"" help:"Id of the policy."`
}

func (o onePolicy) find(context.Context, *session) (string, error) {
	return pathOf("policies", o.Policy)
}

type policyText struct {
	Name                   *string `attr:"name" need:"" placeholder:"TEXT" help:"What people call it."`
	Duration               *int64  `attr:"duration" placeholder:"SECONDS" help:"How long new licenses and renewals last; without it they do not expire."`
	ExpirationStrategy     *string `attr:"expirationStrategy" placeholder:"WORD" help:"What an expired license may do: RESTRICT_ACCESS (the default) or MAINTAIN_ACCESS: releases up to the expiry. REVOKE_ACCESS: nothing. ALLOW_ACCESS: everything."`
	ExpirationBasis        *string `attr:"expirationBasis" placeholder:"WORD" help:"FROM_CREATION (the default) or FROM_FIRST_DOWNLOAD."`
	RenewalBasis           *string `attr:"renewalBasis" placeholder:"WORD" help:"FROM_EXPIRY (the default), FROM_NOW or FROM_NOW_IF_EXPIRED."`
	AuthenticationStrategy *string `attr:"authenticationStrategy" placeholder:"WORD" help:"MIXED (the default), TOKEN, LICENSE or NONE: with what its licenses prove themselves."`
	metadataFlag
}

type newPolicy struct {
	policies
	policyText
	Product string `rel:"product" of:"products" need:"" placeholder:"CODE" help:"The product that its licenses are for, by id or code."`
}
