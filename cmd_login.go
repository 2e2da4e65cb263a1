package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"
)

// loginCmd keeps a server and a token for the commands that follow.
type loginCmd struct {
	Server    string `arg:"" optional:"" env:"OFFPRINT_URL,OFFPRINT_SERVER" placeholder:"URL" help:"The server, such as https://dist.example.com."`
	Account   string `placeholder:"ACCOUNT" help:"Slug or id of the account; without it that of the server's host name, or of the token."`
	TokenFile string `placeholder:"FILE" help:"File that holds the token, instead of typing it or sending it to standard input."`
}

// Help implements kong.HelpProvider.
func (*loginCmd) Help() string {
	return `The token is asked for without showing it, or read from standard input where that is no terminal:

  offprint login https://dist.example.com < token.txt

It is tried, and then kept in $XDG_CONFIG_HOME/offprint/config.json (by default ~/.config), readable by you alone. Commands send it to that server and no other. OFFPRINT_URL, OFFPRINT_ACCOUNT and OFFPRINT_TOKEN take precedence over it.`
}

// Run asks the server who the token is, and writes nothing if it does not know.
func (c *loginCmd) Run(ctx context.Context, con *console) error {
	c.Server = strings.TrimRight(c.Server, "/")
	if c.Server == "" {
		return errors.New("which server? offprint login URL")
	}
	if err := checkServerURL(c.Server); err != nil {
		return err
	}
	token, err := c.token(con)
	if err != nil {
		return err
	}
	s := &session{&client{base: c.Server, token: token, brisk: true}, c.Account}
	var me struct{ Data resource }
	if _, err := s.call(ctx, "GET", s.below("me"), nil, &me); err != nil {
		return refusal(err)
	}
	path, err := writeLogin(savedLogin{c.Server, c.Account, token})
	if err != nil {
		return fmt.Errorf("the token is good, but could not be kept: %w", err)
	}
	fmt.Fprintf(con.out, "Logged in to %s as %s. Kept in %s\n", c.Server, me.Data.title(), path)
	return nil
}

func (c *loginCmd) token(con *console) (token string, err error) {
	if c.TokenFile != "" {
		err = secret("token", &token, c.TokenFile)
	} else {
		token, err = askSecret(con, "Token: ")
	}
	if err == nil && (token == "" || strings.ContainsAny(token, " \t\r\n")) {
		err = errors.New("a token is one word, and was not there")
	}
	return token, err
}

// title is how a person names the resource.
func (r resource) title() string {
	for _, name := range []string{"email", "code", "key", "version", "filename", "name"} {
		if text := r.text(name); text != "" {
			return strings.TrimSuffix(r.Type, "s") + " " + text
		}
	}
	return strings.TrimSuffix(r.Type, "s") + " " + r.ID
}

// maxSecret bounds what is read from standard input for a secret.
const maxSecret = 64 << 10

// askSecret asks for a secret without showing what is typed; where standard
// input is no terminal, it is the first line of that.
func askSecret(con *console, prompt string) (string, error) {
	if f, ok := con.in.(*os.File); ok && terminal(f) {
		fmt.Fprint(con.err, prompt)
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(con.err)
		return strings.TrimSpace(string(text)), err
	}
	line, err := bufio.NewReader(io.LimitReader(con.in, maxSecret)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(line), err
}

// logoutCmd forgets the login.
type logoutCmd struct{}

// Run removes the file that login wrote. The token itself stays valid.
func (*logoutCmd) Run(con *console) error {
	path, err := loginPath()
	if err != nil {
		return err
	}
	err = os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(con.out, "There is no login to forget.")
		return nil
	}
	if err == nil {
		fmt.Fprintln(con.out, "Forgotten. The token itself is still valid: offprint token revoke ends it.")
	}
	return err
}
