package main

import (
	"context"
	"errors"
)

// userCmd are the commands about users.
type userCmd struct {
	List   listCmd[everyUser]           `cmd:"" help:"List users."`
	Show   showCmd[oneUser]             `cmd:"" help:"Show a user."`
	Create createCmd[newUser]           `cmd:"" help:"Make a user."`
	Update updateCmd[oneUser, userText] `cmd:"" help:"Change a user."`
	Delete deleteCmd[oneUser]           `cmd:"" help:"Delete a user."`
	Ban    userBanCmd                   `cmd:"" help:"Stop a user's tokens, and every license that the user owns."`
	Unban  userUnbanCmd                 `cmd:"" help:"Lift a ban."`
}

type users struct{}

func (users) noun() noun {
	return noun{"users", []string{"id", "email", "firstName", "lastName", "role", "status"}}
}

type everyUser struct{ users }

// oneUser finds a user.
type oneUser struct {
	users
	User string `arg:"" help:"Id or e-mail of the user."`
}

func (o oneUser) find(context.Context, *session) (string, error) { return pathOf("users", o.User) }

type userNames struct {
	FirstName *string `attr:"firstName" placeholder:"NAME" help:"First name."`
	LastName  *string `attr:"lastName" placeholder:"NAME" help:"Last name."`
	Role      *string `attr:"role" placeholder:"ROLE" help:"user (the default), or of the staff: admin, developer, sales, support, read-only."`
	metadataFlag
	Password      *string `attr:"password" hidden:""`
	PasswordFile  string  `action:"" placeholder:"FILE" help:"File that holds the password."`
	PasswordStdin bool    `action:"" help:"Ask for the password, or read it from standard input. Without a password only tokens let the user in."`
}

// prepare reads the password.
func (u *userNames) prepare(_ context.Context, con *console, _ *session) error {
	if !u.PasswordStdin {
		return secretAttribute("password", &u.Password, u.PasswordFile)
	}
	if u.PasswordFile != "" {
		return errors.New("--password-file and --password-stdin: give one of them")
	}
	text, err := askSecret(con, "Password: ")
	if err == nil && text == "" {
		err = errors.New("--password-stdin: there was no password")
	}
	u.Password = &text
	return err
}

type userText struct {
	Email *string `attr:"email" placeholder:"E-MAIL" help:"E-mail, unique in the account."`
	userNames
}

type newUser struct {
	users
	Email *string `arg:"" attr:"email" help:"E-mail, unique in the account."`
	userNames
}

type (
	userBanCmd   struct{ showCmd[oneUser] }
	userUnbanCmd struct{ showCmd[oneUser] }
)

// Run bans the user.
func (c *userBanCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "POST", "/actions/ban", nil)
}

// Run lifts the ban.
func (c *userUnbanCmd) Run(ctx context.Context, con *console) error {
	return c.change(ctx, con, "POST", "/actions/unban", nil)
}
