package credential

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/oriel-server/oriel/internal/secret"
)

// A Token is a Google access token. It prints as hidden. It authorizes requests to
// Google, and hosts that the configuration allows get it by HandOut.
type Token struct {
	secret  secret.Value
	fetched time.Time
	expires time.Time
	drop    func(*Token) // nil in a token that no keyring holds
}

// Authorize sets the request's Authorization header.
func (t *Token) Authorize(r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+t.secret.Reveal())
}

// HandOut returns the token as text, for a host's backend that may call Google itself.
// It is the only way out of this process: callers have asked the gate and recorded it.
func (t *Token) HandOut() string { return t.secret.Reveal() }

// Reject tells the keyring that Google refused the token with a 401, so that the
// next AccessToken fetches a new one. It may be called more than once and late: only the
// current token is dropped.
func (t *Token) Reject() {
	if t.drop != nil {
		t.drop(t)
	}
}

// Expires returns when the token expires, by the keyring's clock.
func (t *Token) Expires() time.Time { return t.expires }

// hiddenToken is what printers show of a token.
const hiddenToken = "access token [hidden]"

// Format implements fmt.Formatter: every verb shows that the token is hidden.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenToken) }

// String shows that the token is hidden.
func (t Token) String() string { return hiddenToken }

// MarshalText implements encoding.TextMarshaler, and so serves JSON and XML too.
func (t Token) MarshalText() ([]byte, error) { return []byte(hiddenToken), nil }

// LogValue implements slog.LogValuer.
func (t Token) LogValue() slog.Value { return slog.StringValue(hiddenToken) }
