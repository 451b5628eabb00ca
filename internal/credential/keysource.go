package credential

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"cloud.google.com/go/auth/credentials"
)

const (
	// pollEvery is how often a key file in use is looked at for a replacement.
	pollEvery = 3 * time.Second
	// maxKeyFile is far above what any key file needs.
	maxKeyFile = 1 << 20
	// adcVariable is Google's variable for the path of a credential.
	adcVariable = "GOOGLE_APPLICATION_CREDENTIALS"
	// metadataVariable is Google's variable for a metadata server elsewhere.
	metadataVariable = "GCE_METADATA_HOST"
)

// A place is where a credential is kept: a file, or the metadata server.
type place struct {
	path string // "" for the metadata server
	via  string // who named the path, for errors; "" for the configuration

	mu        sync.Mutex
	busy      bool // somebody is reading
	polledAt  time.Time
	stamp     fs.FileInfo // of the file as last read, nil if that failed
	sum       [sha256.Size]byte
	complaint string // what was last wrong with the file, to say it once
}

// find returns the place of an account's credential, in the order of Google's
// Application Default Credentials unless the configuration names a file.
func (s *shared) find(c Account) (*place, *Error) {
	if c.KeyFile != "" {
		return &place{path: c.KeyFile}, nil
	}
	if path := os.Getenv(adcVariable); path != "" {
		return &place{path: path, via: adcVariable}, nil
	}
	known := wellKnownFile()
	if _, err := os.Stat(known); err == nil {
		return &place{path: known, via: "gcloud"}, nil
	}
	if os.Getenv(metadataVariable) != "" || s.onGCE() {
		return &place{}, nil
	}
	return nil, errorf("", "no Google credential found: the account names no key file, %s is not set, "+
		"there is no %s, and no metadata server answers; create a JSON key for a service account in the Google Cloud console "+
		"(IAM & Admin → Service Accounts → Keys) and name its file as key_file of the account", adcVariable, known)
}

// onGCE asks whether this machine has Google's metadata server.
func onGCE() bool { return credentials.OnGCE() }

// wellKnownFile is where gcloud puts Application Default Credentials.
func wellKnownFile() string {
	const name = "application_default_credentials.json"
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("APPDATA"), "gcloud", name)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return filepath.Join(home, ".config", "gcloud", name)
}

// read returns the identity that the place holds.
func (p *place) read(h hosts) (*identity, *Error) {
	if p.path == "" {
		return newMetadataIdentity(h)
	}
	// The stamp is older than the bytes, so that no later change is missed.
	stamp, err := os.Stat(p.path)
	if err != nil {
		return nil, p.unreadable(err)
	}
	raw, err := readFile(p.path)
	if err != nil {
		return nil, p.unreadable(err)
	}
	id, fault := parseKey(p.path, raw, h)
	if fault != nil {
		return nil, fault
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stamp, p.sum = stamp, sha256.Sum256(raw)
	return id, nil
}

// readFile reads a file up to one byte more than a key file may have.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, maxKeyFile+1)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// due reports whether the file should be looked at, to one caller per interval.
func (p *place) due(now time.Time) bool {
	if p.path == "" {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	since := now.Sub(p.polledAt)
	if p.busy || (since >= 0 && since < pollEvery) {
		return false
	}
	p.busy, p.polledAt = true, now
	return true
}

// changed returns the new identity if the file was replaced, nil if it was not. A
// file that cannot be used is an error once, and is read again each time.
func (p *place) changed(h hosts) (*identity, *Error) {
	defer p.rest()
	if p.unchanged() {
		return nil, nil
	}
	sum := p.sum
	id, err := p.read(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.stamp = nil
		if err.Error() == p.complaint {
			return nil, nil
		}
		p.complaint = err.Error()
		return nil, err
	}
	p.complaint = ""
	if p.sum == sum {
		return nil, nil
	}
	return id, nil
}

func (p *place) unchanged() bool {
	now, err := os.Stat(p.path)
	if err != nil || p.stamp == nil {
		return false
	}
	return os.SameFile(now, p.stamp) && now.ModTime().Equal(p.stamp.ModTime()) && now.Size() == p.stamp.Size()
}

func (p *place) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = false
}

// unreadable explains why the file cannot be read.
func (p *place) unreadable(err error) *Error {
	cause := err
	var path *fs.PathError
	if errors.As(err, &path) {
		cause = path.Err
	}
	e := errorf(p.path, "the key file cannot be read: %v", cause)
	e.Err = err
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Message = "there is no such key file; create a JSON key for the service account in the Google Cloud console " +
			"(IAM & Admin → Service Accounts → Keys) and put it there, or correct the path"
	case errors.Is(err, fs.ErrPermission):
		e.Message = "the key file may not be read by the user that runs this server; change its owner or mode"
	}
	if p.via != "" {
		e.Message += " (the path comes from " + p.via + ")"
	}
	return e
}
