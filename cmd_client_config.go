package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// connectFlags say which server a command talks to, and as whom. What flags and
// environment leave open comes from the file that login wrote.
type connectFlags struct {
	Server    string `group:"connection" env:"OFFPRINT_URL,OFFPRINT_SERVER" placeholder:"URL" help:"The server, such as https://dist.example.com."`
	Account   string `group:"connection" placeholder:"ACCOUNT" help:"Slug or id of the account; without it that of the server's host name, or of the token."`
	Token     string `group:"connection" placeholder:"TOKEN" help:"An admin, staff or product token. Other users of this machine can read flags: better run offprint login, or use the variable or --token-file."`
	TokenFile string `group:"connection" placeholder:"FILE" help:"File that holds --token."`
}

// session is a connection as a command uses it.
type session struct {
	*client
	account string // "": as the server finds it
}

// below is a path below the session's account.
func (s *session) below(path string) string { return below(s.account, path) }

// connect gives the session that flags, environment and login name together.
// The token of a login goes to the server of that login only.
func (f *connectFlags) connect() (*session, error) {
	if err := secret("token", &f.Token, f.TokenFile); err != nil {
		return nil, err
	}
	saved, err := readLogin()
	if err != nil {
		return nil, err
	}
	f.Server = strings.TrimRight(f.Server, "/")
	if f.Server == "" || f.Server == saved.Server {
		f.Server = saved.Server
		if f.Token == "" {
			f.Token = saved.Token
		}
		if f.Account == "" {
			f.Account = saved.Account
		}
	}
	switch {
	case f.Server == "":
		return nil, errors.New("which server? Run offprint login, or give --server or OFFPRINT_URL")
	case f.Token == "":
		return nil, fmt.Errorf("no token for %s: run offprint login, or set OFFPRINT_TOKEN, or give --token-file", redacted(f.Server))
	}
	if err := checkServerURL(f.Server); err != nil {
		return nil, err
	}
	if strings.ContainsAny(f.Token, " \t\r\n") {
		return nil, errors.New("the token holds white space: is it cut off, or more than the token?")
	}
	return &session{&client{base: f.Server, token: f.Token, brisk: true}, f.Account}, nil
}

func checkServerURL(server string) error {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("--server %s: must be an http:// or https:// URL, without user and query", redacted(server))
	}
	return nil
}

// savedLogin is what login keeps.
type savedLogin struct {
	Server  string `json:"url"`
	Account string `json:"account,omitempty"`
	Token   string `json:"token"`
}

// loginPath is where login keeps it: offprint/config.json in the folder that
// the XDG base directory specification names
// (https://specifications.freedesktop.org/basedir-spec/latest/).
func loginPath() (string, error) {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", fmt.Errorf("no folder for the login: %w; set XDG_CONFIG_HOME", err)
		}
	}
	return filepath.Join(dir, "offprint", "config.json"), nil
}

// readLogin gives the saved login, empty if there is none. A file that other
// users may read is refused, as ssh does with keys.
func readLogin() (saved savedLogin, err error) {
	path, err := loginPath()
	if err != nil {
		return saved, nil // nowhere to save one either
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return saved, nil
	}
	if err != nil {
		return saved, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return saved, fmt.Errorf("%s holds a token and other users may read it: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return saved, err
	}
	if err := json.Unmarshal(text, &saved); err != nil {
		return saved, fmt.Errorf("%s is damaged: run offprint login again", path)
	}
	return saved, nil
}

// writeLogin replaces the saved login.
func writeLogin(saved savedLogin) (path string, err error) {
	path, err = loginPath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(saved, "", "  ")
	if err != nil {
		return "", err
	}
	return path, writeFile(path, append(text, '\n'))
}
