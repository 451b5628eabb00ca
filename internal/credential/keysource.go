package credential

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/filestate"
)

const (
	// pollEvery is how often a key file in use is checked for a replacement.
	pollEvery = 3 * time.Second
	// maxKeyFile is far above the size of any key file.
	maxKeyFile = 1 << 20
	// adcVariable is Google's variable for the path of a credential.
	adcVariable = "GOOGLE_APPLICATION_CREDENTIALS"
	// metadataVariable is Google's variable for the address of a metadata server.
	metadataVariable = "GCE_METADATA_HOST"
)

// A keySource is where a credential is kept: a file, or the metadata server.
type keySource struct {
	path string // "" for the metadata server
	via  string // what named the path, for errors; "" for the configuration

	mu       sync.Mutex
	busy     bool // a caller is reading
	polledAt time.Time
	state    filestate.State // of the file as last read, zero if that failed
	sum      [sha256.Size]byte
	fault    string // what was last wrong with the file, to report it once
}

// find returns the source of an account's credential, in the order of Google's
// Application Default Credentials unless the configuration names a file.
func (s *shared) find(c Account) (*keySource, *Error) {
	if c.KeyFile != "" {
		return &keySource{path: c.KeyFile}, nil
	}
	if path := os.Getenv(adcVariable); path != "" {
		return &keySource{path: path, via: adcVariable}, nil
	}
	wellKnown := wellKnownFile()
	if _, err := os.Stat(wellKnown); err == nil {
		return &keySource{path: wellKnown, via: "gcloud"}, nil
	}
	if os.Getenv(metadataVariable) != "" || s.onGCE() {
		return &keySource{}, nil
	}
	return nil, errorf("", "no Google credential found: the account names no key file, %s is not set, "+
		"there is no %s, and no metadata server answers; create a JSON key for a service account in the Google Cloud console "+
		"(IAM & Admin → Service Accounts → Keys) and name its file as key_file of the account", adcVariable, wellKnown)
}

// wellKnownFile is where gcloud puts Application Default Credentials.
func wellKnownFile() string {
	const name = "application_default_credentials.json"
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("APPDATA"), "gcloud", name)
	}
	home, _ := os.UserHomeDir() // "" on errors
	return filepath.Join(home, ".config", "gcloud", name)
}

// read returns the identity that the source holds.
func (p *keySource) read(h hosts) (*identity, *Error) {
	if p.path == "" {
		return newMetadataIdentity(h)
	}
	state, err := filestate.Of(p.path)
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
	p.state, p.sum = state, sha256.Sum256(raw)
	return id, nil
}

// readFile reads a file up to one byte more than maxKeyFile.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKeyFile+1))
}

// due reports whether the caller should check the file: one caller per interval does.
func (p *keySource) due(now time.Time) bool {
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
// file that cannot be used is reported once, and read again each time.
func (p *keySource) changed(h hosts) (*identity, *Error) {
	defer p.done()
	if p.unchanged() {
		return nil, nil
	}
	before := p.sum
	id, err := p.read(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.state = filestate.State{}
		if err.Error() == p.fault {
			return nil, nil
		}
		p.fault = err.Error()
		return nil, err
	}
	p.fault = ""
	if p.sum == before {
		return nil, nil
	}
	return id, nil
}

func (p *keySource) unchanged() bool {
	now, err := filestate.Of(p.path)
	return err == nil && now.Same(p.state)
}

func (p *keySource) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = false
}

// unreadable explains why the file cannot be read.
func (p *keySource) unreadable(err error) *Error {
	cause := err
	if path, ok := errors.AsType[*fs.PathError](err); ok {
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
