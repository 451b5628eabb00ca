// Package secret holds what no printer may show.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Hidden is what every printer shows in place of a secret.
const Hidden = "[hidden]"

// A Value is a secret. It hides behind a pointer as well: fmt cannot call the methods
// of a Value in an unexported field of a foreign struct, and would print the fields, but
// stops at an inner pointer. So == compares nothing of use: compare what Reveal returns.
type Value struct{ text *string }

// New returns a secret; its text may be any bytes.
func New(text string) Value { return Value{&text} }

// Reveal returns the text, empty for the zero Value. Its callers are the only places to
// look at when asking where secrets go.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Format implements fmt.Formatter, which goes before every other way to print.
func (v Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Hidden) }

// MarshalText implements encoding.TextMarshaler, and so serves JSON and XML too.
func (v Value) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// LogValue implements slog.LogValuer.
func (v Value) LogValue() slog.Value { return slog.StringValue(Hidden) }
