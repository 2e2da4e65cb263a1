package main

import "context"

// licenseCmd are the commands about licenses.
type licenseCmd struct {
	List         listCmd[licenseFilter]             `cmd:"" help:"List licenses."`
	Show         showCmd[oneLicense]                `cmd:"" help:"Show a license. Its key is not shown any more."`
	Create       createCmd[issuedLicense]           `cmd:"" help:"Issue a license and show its key, this once."`
	Update       updateCmd[oneLicense, licenseText] `cmd:"" help:"Change a license."`
	Suspend      licenseSuspendCmd                  `cmd:"" help:"Refuse a license from now on, until it is reinstated."`
	Reinstate    licenseReinstateCmd                `cmd:"" help:"Lift a suspension."`
	Renew        licenseRenewCmd                    `cmd:"" help:"Move the expiry by the policy's duration."`
	Revoke       licenseRevokeCmd                   `cmd:"" aliases:"delete" help:"End a license for ever: its key and tokens die."`
	Transfer     licenseTransferCmd                 `cmd:"" help:"Put a license under another policy of its product."`
	Entitlements grantsCmd[oneLicense]              `cmd:"" help:"What a license entitles to, beside its policy."`
	Users        licenseUsersCmd                    `cmd:"" help:"Users who may use a license, beside its owner."`
}

type licenses struct{}

func (licenses) noun() noun {
	return noun{"licenses", []string{"id", "name", "keyPrefix", "status", "expiry", "policy", "owner"}}
}

type licenseFilter struct {
	licenses
	Product *string `query:"product" placeholder:"CODE" help:"For this product only, by id or code."`
	Policy  *string `query:"policy" placeholder:"ID" help:"Of this policy only."`
	Owner   *string `query:"owner" placeholder:"ID" help:"Owned by this user only."`
}

// oneLicense finds a license.
type oneLicense struct {
	licenses
	License string `arg:"" help:"Id of the license. Its key does, too, but other users of this machine can read it."`
}

func (o oneLicense) find(context.Context, *session) (string, error) {
	return pathOf("licenses", o.License)
}

type licenseText struct {
	Name   *string `attr:"name" placeholder:"TEXT" help:"What people call it, such as the customer's name."`
	Expiry *string `attr:"expiry" placeholder:"TIME" help:"When it expires, such as 2027-01-31T00:00:00Z; without it the policy decides."`
	metadataFlag
}

type issuedLicense struct {
	licenses
	licenseText
	Policy       string   `rel:"policy" of:"policies" need:"" placeholder:"ID" help:"The policy that it falls under."`
	Owner        string   `rel:"owner" of:"users" placeholder:"USER" help:"Its owner, by id or e-mail."`
	Entitlements []string `rel:"entitlements" of:"entitlements" placeholder:"CODE" help:"What it entitles to beside its policy, by id or code."`
	Key          *string  `attr:"key" placeholder:"KEY" help:"A key of your own instead of a generated one. Other users of this machine can read flags: better use --key-file."`
	KeyFile      string   `action:"" placeholder:"FILE" help:"File that holds --key."`
}

// prepare reads the file with the key.
func (n *issuedLicense) prepare(context.Context, *console, *session) error {
	return secretAttribute("key", &n.Key, n.KeyFile)
}

// secretAttribute takes an attribute from a file, if it is given that way.
func secretAttribute(flag string, value **string, file string) error {
	if file == "" {
		return nil
	}
	text := ""
	if *value != nil {
		text = **value
	}
	if err := secret(flag, &text, file); err != nil {
		return err
	}
	*value = &text
	return nil
}

type (
	licenseSuspendCmd   struct{ showCmd[oneLicense] }
	licenseReinstateCmd struct{ showCmd[oneLicense] }
	licenseRenewCmd     struct{ showCmd[oneLicense] }
	licenseRevokeCmd    struct{ deleteCmd[oneLicense] }
)

// Run suspends the license.
func (c *licenseSuspendCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "POST", "/actions/suspend", nil)
}

// Run reinstates the license.
func (c *licenseReinstateCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "POST", "/actions/reinstate", nil)
}

// Run renews the license.
func (c *licenseRenewCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "POST", "/actions/renew", nil)
}

// Run revokes the license.
func (c *licenseRevokeCmd) Run(ctx context.Context, con *console) error {
	return c.remove(ctx, con, "/actions/revoke", "Revoke for ever")
}

// licenseTransferCmd changes the policy of a license.
type licenseTransferCmd struct {
	showCmd[oneLicense]
	Policy string `action:"" required:"" placeholder:"ID" help:"The policy that it is to fall under."`
}

// Run transfers the license; key and expiry stay.
func (c *licenseTransferCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "PUT", "/policy", map[string]any{"data": map[string]string{"type": "policies", "id": c.Policy}})
}
