package schema

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/uuid"
)

// Purpose separates the digests of different secrets.
type Purpose byte

// The purposes of keyed digests and signatures.
const (
	TokenSecret   Purpose = 'T' // a token's text
	LicenseSecret Purpose = 'L' // a license key
	UploadLink    Purpose = 'U' // the opaque part of an upload URL
	GrantLink     Purpose = 'G' // a grant on an artifact URL
	BearerToken   Purpose = 'B' // a registry's bearer token
)

// Sealer makes keyed digests under the server key. Safe for concurrent use;
// Digest allocates nothing.
type Sealer struct{ pools [256]*sync.Pool }

// KeySize is the length of a server key in bytes.
const KeySize = 32

// NewSealer uses key, of KeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("server key has %d bytes, %d are needed", len(key), KeySize)
	}
	key = append([]byte(nil), key...)
	s := &Sealer{}
	for _, p := range []Purpose{TokenSecret, LicenseSecret, UploadLink, GrantLink, BearerToken} {
		s.pools[p] = &sync.Pool{New: func() any { return &mac{h: hmac.New(sha256.New, key)} }}
	}
	return s, nil
}

type mac struct {
	h   hash.Hash
	one [1]byte
	sum [sha256.Size]byte
}

// DigestSize is the length of a keyed digest in bytes.
const DigestSize = sha256.Size

// Digest is HMAC-SHA-256 of the purpose byte and the exact secret.
func (s *Sealer) Digest(p Purpose, secret []byte) [DigestSize]byte {
	m := s.pools[p].Get().(*mac)
	m.h.Reset()
	m.one[0] = byte(p)
	m.h.Write(m.one[:])
	m.h.Write(secret)
	m.h.Sum(m.sum[:0])
	sum := m.sum
	s.pools[p].Put(m)
	return sum
}

// Hex is Digest as records keep it.
func (s *Sealer) Hex(p Purpose, secret string) string {
	d := s.Digest(p, []byte(secret))
	return hex.EncodeToString(d[:])
}

// CredentialID is the id of a token or license: UUIDv5 of account id and
// digest, so that two commands about one secret meet in one boundary.
func CredentialID(accountID, digest string) string {
	space, err := uuid.Parse(accountID)
	if err != nil {
		space = uuid.NameSpaceURL
	}
	return uuid.NewSHA1(space, []byte(digest)).String()
}

// Prefix is what may be shown of a secret: the first min(6, length/4)
// characters.
func Prefix(secret string) string {
	return secret[:min(6, len(secret)/4)]
}

// LoadServerKey reads the key file, or makes it (mode 0600) if it is not there.
// made says that it is new.
func LoadServerKey(path string) (key []byte, made bool, err error) {
	key, err = os.ReadFile(path)
	if err == nil {
		if len(key) != KeySize {
			return nil, false, fmt.Errorf("server key %s has %d bytes, %d are needed", path, len(key), KeySize)
		}
		return key, false, nil
	}
	if !os.IsNotExist(err) {
		return nil, false, fmt.Errorf("server key: %w", err)
	}
	key = make([]byte, KeySize)
	rand.Read(key)
	if err := writeDurably(path, key); err != nil {
		return nil, false, fmt.Errorf("server key: %w", err)
	}
	return key, true, nil
}

// writeDurably writes a whole file or nothing: a crash before the rename leaves
// only a temporary file that the next start overwrites.
func writeDurably(path string, data []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
