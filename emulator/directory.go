package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
)

// A directory knows the accounts, their keys and what they may see.
type directory struct {
	mu       sync.Mutex
	accounts map[string]*account // by e-mail
	keys     map[string]*key     // by id
	clients  map[string]client   // OAuth clients by id
	pools    map[string]pool     // by the fingerprint of the subject token that they trust
}

// An account is a service account or a user.
type account struct {
	email   string
	id      string // the numeric id: sub of id_tokens
	project string
	all     bool            // may see every property
	sees    map[string]bool // property → may (or, when all, may not) see it
	revoked bool
	keys    []string
	// impersonators may call generateAccessToken for this account.
	impersonators map[string]bool
}

type key struct {
	id       string
	email    string
	public   *rsa.PublicKey
	disabled bool
}

// A client is an OAuth client with the one user that consented to it.
type client struct {
	id, secretHash, refreshHash string
	email                       string
	scopes                      []string
}

// A pool trusts one subject token.
type pool struct {
	audience  string
	principal string
}

func newDirectory() *directory {
	return &directory{
		accounts: map[string]*account{}, keys: map[string]*key{},
		clients: map[string]client{}, pools: map[string]pool{},
	}
}

func newPrivateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// admit adds the account if it is new and lets it see the properties; none means all.
func (d *directory) admit(email string, properties []string) (*account, error) {
	if at := strings.IndexByte(email, '@'); at <= 0 || at == len(email)-1 || strings.ContainsAny(email, " /:") {
		return nil, fmt.Errorf("emulator: %q is not an e-mail address", email)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.accounts[email]
	if a == nil {
		n, err := rand.Int(rand.Reader, big.NewInt(9e17))
		if err != nil {
			return nil, err
		}
		a = &account{
			email: email, id: "1" + fmt.Sprintf("%020d", n), project: projectOf(email),
			sees: map[string]bool{}, impersonators: map[string]bool{},
		}
		d.accounts[email] = a
	}
	if len(properties) == 0 {
		a.all, a.sees = true, map[string]bool{}
	}
	for _, p := range properties {
		a.setSees(p, true)
	}
	return a, nil
}

// projectOf reads the project from name@project.iam.gserviceaccount.com. Quotas
// are counted per project.
func projectOf(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	if p, ok := strings.CutSuffix(domain, ".iam.gserviceaccount.com"); ok && p != "" {
		return p
	}
	return "emulated-project"
}

func (a *account) setSees(property string, may bool) {
	if may == a.all {
		delete(a.sees, property)
		return
	}
	a.sees[property] = true
}

// addKey remembers a new public key of the account.
func (d *directory) addKey(email, id string, public *rsa.PublicKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys[id] = &key{id: id, email: email, public: public}
	d.accounts[email].keys = append(d.accounts[email].keys, id)
}

// usableKeys returns the key with that id, or without an id all keys of the
// account. Disabled keys are left out.
func (d *directory) usableKeys(id, email string) []key {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := []string{id}
	if a := d.accounts[email]; id == "" && a != nil {
		ids = a.keys
	}
	var usable []key
	for _, id := range ids {
		if k := d.keys[id]; k != nil && !k.disabled {
			usable = append(usable, *k)
		}
	}
	return usable
}

// lookup returns the account's id and project; false when it is unknown or revoked.
func (d *directory) lookup(email string) (id, project string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.accounts[email]
	if a == nil || a.revoked {
		return "", "", false
	}
	return a.id, a.project, true
}

// exists reports whether the account was ever made, revoked or not.
func (d *directory) exists(email string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accounts[email] != nil
}

// maySee reports whether the account may read the property.
func (d *directory) maySee(email, property string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.accounts[email]
	return a != nil && a.all != a.sees[property]
}

// mayImpersonate reports whether the caller may get access tokens of the target.
func (d *directory) mayImpersonate(caller, target string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.accounts[target]
	return a != nil && !a.revoked && a.impersonators[caller]
}

// change applies f to the account under the lock.
func (d *directory) change(email string, f func(*account)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.accounts[email]
	if a == nil {
		return fmt.Errorf("emulator: no account %q; there are %s", email, strings.Join(slices.Sorted(maps.Keys(d.accounts)), ", "))
	}
	f(a)
	return nil
}

func (d *directory) setKeyDisabled(id string, disabled bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := d.keys[id]
	if k == nil {
		return fmt.Errorf("emulator: no key %q", id)
	}
	k.disabled = disabled
	return nil
}

func (d *directory) addClient(c client) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clients[c.id] = c
}

func (d *directory) client(id string) (client, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.clients[id]
	return c, ok
}

// trust makes the pool believe one subject token.
func (d *directory) trust(subjectToken string, p pool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pools[fingerprint(subjectToken)] = p
}

// trusts returns the pool that believes the token.
func (d *directory) trusts(subjectToken string) (pool, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.pools[fingerprint(subjectToken)]
	return p, ok
}

// fingerprint is how secrets are kept: nobody can read them back.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
