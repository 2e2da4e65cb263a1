package main

import "context"

// licenseUsersCmd are the commands about the users of a license.
type licenseUsersCmd struct {
	List   listCmd[usersOfLicense] `cmd:"" help:"List them."`
	Attach licenseUsersAttachCmd   `cmd:"" help:"Let users use a license."`
	Detach licenseUsersDetachCmd   `cmd:"" help:"Let users use it no more."`
}

type usersOfLicense struct {
	users
	oneLicenseNamed
}

// oneLicenseNamed is oneLicense where the noun is another.
type oneLicenseNamed struct {
	License string `arg:"" help:"Id of the license."`
}

func (u usersOfLicense) parent(context.Context, *session) (string, error) {
	path, err := pathOf("licenses", u.License)
	return path + "/users", err
}

// licenseUsers names a license and users.
type licenseUsers struct {
	connectFlags
	outputFlags
	oneLicenseNamed
	Users []string `arg:"" help:"Ids or e-mails of users."`
}

func (c *licenseUsers) send(ctx context.Context, con *console, method string) error {
	s, err := c.connect()
	if err != nil {
		return err
	}
	path, err := pathOf("licenses", c.License)
	if err != nil {
		return err
	}
	return s.link(ctx, con, &c.outputFlags, method, path, users{}.noun(), c.Users)
}

type (
	licenseUsersAttachCmd struct{ licenseUsers }
	licenseUsersDetachCmd struct{ licenseUsers }
)

// Run attaches users.
func (c *licenseUsersAttachCmd) Run(ctx context.Context, con *console) error {
	return c.send(ctx, con, "POST")
}

// Run detaches users.
func (c *licenseUsersDetachCmd) Run(ctx context.Context, con *console) error {
	return c.send(ctx, con, "DELETE")
}
