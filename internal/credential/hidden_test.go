package credential_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/credential"
)

// outer holds tokens the way that other people's structs do.
type outer struct {
	Token   *credential.Token
	Value   credential.Token
	private credential.Token
	any     any
}

// TestHidden prints tokens and keyrings by every way there is.
func TestHidden(t *testing.T) {
	b := newBench(t, nil)
	token := b.want(t, "ya29.1")
	keyPart := strings.Fields(testPEM())[3]
	if len(keyPart) < 60 {
		t.Fatalf("no part of the key: %q", keyPart)
	}
	things := map[string]any{
		"token": token, "token value": *token, "keys": b.keys, "keys value": b.keys.Status(),
		"outer": outer{token, *token, *token, *token}, "outer pointer": &outer{token, *token, *token, token},
		"slice": []*credential.Token{token}, "slice of values": []credential.Token{*token},
		"map": map[string]any{"token": token, "value": *token},
	}
	printers := map[string]func(any) string{
		"text": func(v any) string { return logged(slog.NewTextHandler, v) },
		"json": func(v any) string { return logged(slog.NewJSONHandler, v) },
		"marshal": func(v any) string {
			b, _ := json.Marshal(v)
			return string(b)
		},
		"xml": func(v any) string {
			b, _ := xml.Marshal(v)
			return string(b)
		},
		"gob": func(v any) string {
			var b bytes.Buffer
			_ = gob.NewEncoder(&b).Encode(v)
			return b.String()
		},
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
		printers[verb] = func(v any) string { return fmt.Sprintf(verb, v) }
	}
	for thing, v := range things {
		for printer, show := range printers {
			out := show(v)
			for _, s := range []string{"ya29.1", fmt.Sprintf("%x", "ya29.1"), fmt.Sprintf("%X", "ya29.1"), keyPart} {
				if strings.Contains(out, s) {
					t.Errorf("%s of %s shows the secret: %s", printer, thing, out)
				}
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, token); got != "access token [hidden]" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if got := token.String(); got != "access token [hidden]" {
		t.Errorf("String = %s", got)
	}
}

func logged[H slog.Handler](handler func(io.Writer, *slog.HandlerOptions) H, v any) string {
	var b bytes.Buffer
	slog.New(handler(&b, nil)).Info("m", "v", v, "group", slog.GroupValue(slog.Any("inner", v)))
	return b.String()
}

// TestLogsAndErrorsHoldNoSecret searches what is printed in successes and failures, with
// the library's own logger on, as an operator may have it.
func TestLogsAndErrorsHoldNoSecret(t *testing.T) {
	t.Setenv("GOOGLE_SDK_GO_LOGGING_LEVEL", "debug")
	written := capture(t)
	b := newBench(t, nil)
	var out strings.Builder
	for _, status := range []int{200, 500, 400, 200} {
		b.google.set(func(n int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"access_token":"ya29.%d-canary","expires_in":100,"error":"invalid_grant"}`, n)
			return true
		})
		token, err := b.keys.AccessToken(t.Context(), "main")
		fmt.Fprintf(&out, "%v %+v %v %+v\n", token, token, err, err)
		b.clock.Add(1e12)
	}
	out.WriteString(b.log.String() + written())
	for _, s := range []string{"canary", "ya29", strings.Fields(testPEM())[3]} {
		if strings.Contains(out.String(), s) {
			t.Errorf("%q is in\n%s", s, out.String())
		}
	}
}

// capture redirects standard output and error to a file and returns what reads it.
func capture(t *testing.T) func() string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "written"))
	if err != nil {
		t.Fatal(err)
	}
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = f, f
	t.Cleanup(func() {
		os.Stdout, os.Stderr = out, errs
		_ = f.Close()
	})
	return func() string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}
