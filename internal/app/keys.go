package app

import (
	"context"
	"io"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/filestate"
)

// keysInterval is how often it is looked whether the file of signing keys changed:
// well within the time that a new key waits before it signs.
const keysInterval = 2 * time.Second

// watchKeys takes over the signing keys of a changed file until ctx ends. A file
// that cannot be used leaves the keys as they are.
func (a *App) watchKeys(ctx context.Context) {
	ticker := time.NewTicker(keysInterval)
	defer ticker.Stop()
	seen := a.keysSeen
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			now, _ := filestate.Of(a.config.Tokens.KeysFile)
			if now.Same(seen) {
				continue
			}
			seen = now
			a.rotate(ctx)
		}
	}
}

func (a *App) rotate(ctx context.Context) {
	keys, err := access.LoadKeys(a.config.Tokens.KeysFile)
	changed := false
	if err == nil {
		changed, err = a.authority.Rotate(ctx, keys)
	}
	switch {
	case err != nil:
		a.log.ErrorContext(ctx, "the signing keys stay as they were", "error", err)
	case changed:
		a.log.InfoContext(ctx, "signing keys were replaced", "keys", len(keys), "newest", keys[0].ID)
	}
}

// A SigningKey is a signing key as operators see it.
type SigningKey struct {
	ID      string
	Created time.Time
}

func listKeys(keys []access.Key) []SigningKey {
	var seen []SigningKey
	for _, k := range keys {
		seen = append(seen, SigningKey{k.ID, k.Created})
	}
	return seen
}

// SigningKeys lists the signing keys of a configuration, the newest first.
func SigningKeys(c *Config) ([]SigningKey, error) {
	keys, err := access.LoadKeys(c.Tokens.KeysFile)
	return listKeys(keys), err
}

// RotateKeys makes a new signing key for a configuration. Servers that run take it
// over by themselves; see access.RotateKeys.
func RotateKeys(c *Config, random io.Reader, now time.Time, atOnce bool) ([]SigningKey, error) {
	keys, err := access.RotateKeys(c.Tokens.KeysFile, random, now, atOnce)
	return listKeys(keys), err
}

// HostKeys lists the keys of the hosts of a configuration, never what they are.
func HostKeys(c *Config) ([]access.KeyInfo, error) {
	hosts, err := c.hosts()
	if err != nil {
		return nil, err
	}
	var keys []access.KeyInfo
	for _, h := range hosts {
		keys = append(keys, h.Keys()...)
	}
	return keys, nil
}
