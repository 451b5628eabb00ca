package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/secret"
)

const text = "q8Jd0w!xK2v-Zr7uPe5_Tn3bYc9mLh4G"

// outer holds secrets the way that other people's structs do.
type outer struct {
	Exported secret.Value
	private  secret.Value
	pointer  *secret.Value
	list     []secret.Value
	any      any
}

func TestSecretsPrintAsHidden(t *testing.T) {
	v := secret.New(text)
	o := outer{v, v, &v, []secret.Value{v}, v}
	var out bytes.Buffer
	for _, thing := range []any{v, &v, o, &o, []secret.Value{v}, map[string]secret.Value{"k": v}, map[string]any{"o": o}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%c"} {
			fmt.Fprintf(&out, verb+"\n", thing)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", thing, "group", slog.GroupValue(slog.Any("inner", thing)))
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", thing, "group", slog.GroupValue(slog.Any("inner", thing)))
		_ = json.NewEncoder(&out).Encode(thing)
		_ = xml.NewEncoder(&out).Encode(thing)
		_ = gob.NewEncoder(&out).Encode(thing)
	}
	for _, leak := range []string{
		text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), base64.StdEncoding.EncodeToString([]byte(text)),
		fmt.Sprintf("%d %d %d", text[0], text[1], text[2]), fmt.Sprintf("%#x, %#x", text[0], text[1]),
	} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is in %s", leak, out.String())
		}
	}
	if !strings.Contains(out.String(), secret.Hidden) {
		t.Error("nothing was printed")
	}
}

func TestReveal(t *testing.T) {
	if got := secret.New(text).Reveal(); got != text {
		t.Errorf("%q", got)
	}
	if got := (secret.Value{}).Reveal(); got != "" {
		t.Errorf("the zero Value: %q", got)
	}
}
