package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// storeFlags say where events, documents and bytes are kept. up and the
// commands that work on a stopped server share them.
type storeFlags struct {
	Data          string `placeholder:"DIR" default:"./data" help:"Folder for everything that is not kept elsewhere."`
	NATS          string `name:"nats" placeholder:"URL" help:"NATS server or cluster that holds the log, instead of the embedded one."`
	NATSFile      string `name:"nats-file" placeholder:"FILE" help:"File that holds the URL of --nats."`
	NATSReplicas  int    `name:"nats-replicas" placeholder:"N" default:"0" help:"Copies of each stream in a NATS cluster; 0 means 3 in a cluster and 1 otherwise."`
	Database      string `placeholder:"URL" help:"postgres:// URL of the database, instead of SQLite in the data folder."`
	DatabaseFile  string `placeholder:"FILE" help:"File that holds the URL of --database."`
	Blobs         string `placeholder:"URL" help:"Where uploaded bytes are kept (s3://, gs://, azblob://, or a folder), instead of the data folder."`
	BlobsFile     string `placeholder:"FILE" help:"File that holds the URL of --blobs."`
	ServerKeyFile string `placeholder:"FILE" help:"The 32 bytes under which credentials are digested, instead of the data folder's server-key. All processes of one server share it."`
}

// resolve reads the flags that name files and checks what can be checked
// without a look at any service.
func (f *storeFlags) resolve() error {
	for _, s := range []struct {
		flag  string
		value *string
		file  string
	}{{"nats", &f.NATS, f.NATSFile}, {"database", &f.Database, f.DatabaseFile}, {"blobs", &f.Blobs, f.BlobsFile}} {
		if err := secret(s.flag, s.value, s.file); err != nil {
			return err
		}
	}
	if f.NATSReplicas < 0 || f.NATSReplicas > 5 {
		return fmt.Errorf("--nats-replicas %d: must be 0 to 5", f.NATSReplicas)
	}
	if f.Database != "" && !strings.HasPrefix(f.Database, "postgres://") && !strings.HasPrefix(f.Database, "postgresql://") {
		return errors.New("--database: must be a postgres:// URL")
	}
	if f.Data == "" {
		return errors.New("--data: must name a folder")
	}
	return nil
}

// external says that log, documents and bytes are all kept outside the data
// folder.
func (f *storeFlags) external() bool { return f.NATS != "" && f.Database != "" && f.Blobs != "" }

// path is a place in the data folder.
func (f *storeFlags) path(name string) string { return filepath.Join(f.Data, name) }

// secret takes the value of a flag from its file, if it is given that way.
func secret(flag string, value *string, file string) error {
	if file == "" {
		return nil
	}
	if *value != "" {
		return fmt.Errorf("--%s and --%s-file: give one of them", flag, flag)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--%s-file: %w", flag, err)
	}
	*value = strings.TrimSpace(string(text))
	if *value == "" {
		return fmt.Errorf("--%s-file: %s is empty", flag, file)
	}
	return nil
}

// redacted is a URL, or a list of them, as logs may show it: without user,
// password and query. What is no URL is not shown at all.
func redacted(list string) string {
	if list == "" {
		return ""
	}
	parts := strings.Split(list, ",")
	for i, text := range parts {
		u, err := url.Parse(strings.TrimSpace(text))
		switch {
		case err == nil && u.Scheme != "" && u.Opaque == "":
			parts[i] = u.Scheme + "://" + u.Host + u.Path
		case pathOnly.MatchString(text):
			parts[i] = text
		default:
			parts[i] = "(set)"
		}
	}
	return strings.Join(parts, ",")
}

// pathOnly is a text that can only be a path.
var pathOnly = regexp.MustCompile(`^[./~][^@?=]*$`)
