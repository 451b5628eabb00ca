package credential

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what every printer shows in place of a secret.
const hidden = "[hidden]"

// A secret is a text that no printer shows. The text hides behind a pointer as
// well: fmt cannot call the methods of a secret in an unexported field of a
// foreign struct, and would print the fields, but stops at an inner pointer.
type secret struct{ text *string }

func newSecret(text string) secret { return secret{&text} }

// reveal returns the text. Its callers are the only places to look at when
// asking where secrets go.
func (s secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format implements fmt.Formatter, which goes before every other way to print.
func (s secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText implements encoding.TextMarshaler, and so serves JSON and XML too.
func (s secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements slog.LogValuer.
func (s secret) LogValue() slog.Value { return slog.StringValue(hidden) }
