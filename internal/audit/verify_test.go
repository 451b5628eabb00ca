package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// lines writes a trail and returns its lines, with their newlines.
func lines(t testing.TB, n int) []string {
	t.Helper()
	path := fileOf(t)
	trail := open(t, path)
	for i := range n {
		read(trail, fmt.Sprint("s", i))
	}
	closed(t, trail)
	return slices.Collect(strings.Lines(contents(t, path)))
}

// TestAnyChangeIsFound: a line removed, moved, doubled, changed, or put in, of
// every kind of line, at every place, is found where it is, or right behind.
func TestAnyChangeIsFound(t *testing.T) {
	all := lines(t, 20)
	whole(t, strings.Join(all, ""))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range all {
		for name, changed := range map[string][]string{
			"removed":  slices.Delete(slices.Clone(all), i, i+1),
			"doubled":  slices.Insert(slices.Clone(all), i, all[i]),
			"inserted": slices.Insert(slices.Clone(all), i, "{}\n"),
			"emptied":  slices.Insert(slices.Clone(all), i, "\n"),
			"swapped":  swapped(all, i, random.IntN(len(all))),
			"forged":   forged(all, i),
		} {
			_, err := verify(strings.Join(changed, ""))
			if slices.Equal(changed, all) || name == "removed" && i == len(all)-1 {
				continue // the end of a chain shows against an anchor alone
			}
			if name == "forged" && i == len(all)-1 {
				continue // and so does the last line, made anew
			}
			var wrong *LineError
			if !errors.As(err, &wrong) {
				t.Errorf("line %d %s: %v", i+1, name, err)
			} else if name != "swapped" && wrong.Line != i+1 && wrong.Line != i+2 {
				t.Errorf("line %d %s: %v", i+1, name, err)
			}
		}
	}
}

func swapped(all []string, i, j int) []string {
	all = slices.Clone(all)
	all[i], all[j] = all[j], all[i]
	return all
}

// forged changes a line and gives it the hash that belongs to it.
func forged(all []string, i int) []string {
	all = slices.Clone(all)
	s, _ := parse([]byte(strings.TrimSuffix(all[i], "\n")))
	prev := noHash
	if i > 0 {
		before, _ := parse([]byte(strings.TrimSuffix(all[i-1], "\n")))
		prev = before.hash
	}
	line := strings.Replace(string(s.line), "12:00:00", "13:00:00", 1) + "}"
	sum := sha256.Sum256(append(prev[:], line...))
	all[i] = strings.TrimSuffix(line, "}") + closing + hex.EncodeToString(sum[:]) + "\"}\n"
	return all
}

// TestAnyByteIsFound: of a trail, no byte can be another one. But the last newline
// can go: a crash may have taken it.
func TestAnyByteIsFound(t *testing.T) {
	text := strings.Join(lines(t, 1), "")
	for i := range len(text) {
		for _, c := range []byte{text[i] ^ 1, text[i] ^ 0x20, '\n', '"', 0} {
			if c == text[i] {
				continue
			}
			b := []byte(text)
			b[i] = c
			_, err := verify(string(b))
			if err == nil && i < strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n') {
				t.Fatalf("byte %d changed to %q is not found", i, c)
			}
		}
		if _, err := verify(text[:i] + text[i+1:]); err == nil && i < strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n') {
			t.Fatalf("byte %d removed is not found", i)
		}
	}
}

// TestVerifyWithOtherTools: what docs/audit.md says that the hash is made of.
func TestVerifyWithOtherTools(t *testing.T) {
	prev := strings.Repeat("0", 64)
	for _, line := range lines(t, 3) {
		var said struct{ Hash string }
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		without := strings.Replace(line, `,"hash":"`+said.Hash+`"}`+"\n", "}", 1)
		if sum := sha256.Sum256([]byte(prev + without)); hex.EncodeToString(sum[:]) != said.Hash {
			t.Errorf("%s", line)
		}
		prev = said.Hash
	}
}

// TestTornAnywhere: a file that ends anywhere is whole up to there, and a server
// that starts again goes on with it.
func TestTornAnywhere(t *testing.T) {
	text := strings.Join(lines(t, 2), "")
	for n := 1; n < len(text); n += 1 + n%11 {
		torn := !strings.HasSuffix(text[:n], "\n") && !strings.HasPrefix(text[n:], "\n")
		path := fileOf(t)
		if err := os.WriteFile(path, []byte(text[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := verify(text[:n]); (err != nil || s.Unfinished != torn) && strings.Contains(text[:n], "\n") {
			t.Fatalf("cut at %d: %+v, %v", n, s, err)
		}
		trail := open(t, path)
		closed(t, trail)
		got := contents(t, path)
		s := whole(t, got)
		if !strings.HasPrefix(got, text[:n]) || (s.Torn == 1) != torn {
			t.Fatalf("cut at %d: %+v\n%s", n, s, got)
		}
	}
}

// What a torn line became cannot be changed later, nor taken away.
func TestTornLinesAreKept(t *testing.T) {
	text := strings.Join(lines(t, 2), "")
	path := fileOf(t)
	if err := os.WriteFile(path, []byte(text[:len(text)-40]), 0o600); err != nil {
		t.Fatal(err)
	}
	closed(t, open(t, path))
	all := slices.Collect(strings.Lines(contents(t, path)))
	whole(t, strings.Join(all, ""))
	const torn = 3 // "start", two reads, and what was "stop"
	all[torn] = strings.Replace(all[torn], "stop", "mint", 1)
	if _, err := verify(strings.Join(all, "")); err == nil {
		t.Error("a changed torn line is not found")
	}
	if _, err := verify(strings.Join(slices.Delete(all, torn, torn+1), "")); err == nil {
		t.Error("a removed torn line is not found")
	}
}

// After a power cut the end of a file may be anything.
func TestGarbageAtTheEnd(t *testing.T) {
	text := strings.Join(lines(t, 2), "")
	for _, garbage := range []string{strings.Repeat("\x00", 5000), "\x00\n\x00", "{}\n", "\n", "\n\n\n", "x\ny\nz"} {
		path := fileOf(t)
		if err := os.WriteFile(path, []byte(text+garbage), 0o600); err != nil {
			t.Fatal(err)
		}
		closed(t, open(t, path))
		if s := whole(t, contents(t, path)); s.Torn != 1 || s.Lines != 6 {
			t.Errorf("%q: %+v", garbage, s)
		}
	}
}

// TestFiles: several files are one trail, in their order, from any of them on.
func TestFiles(t *testing.T) {
	path := fileOf(t)
	trail := open(t, path)
	var texts []string
	for i := range 4 {
		mint(t, trail, fmt.Sprint("s", i))
		moved := fmt.Sprint(path, ".", i)
		if err := os.Rename(path, moved); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, contents(t, moved))
	}
	closed(t, trail)
	texts = append(texts, contents(t, path))
	if s := whole(t, texts...); s.Lines != 1+4+4+1 || s.Head != trail.Head() {
		t.Errorf("%+v", s)
	}
	for i := range texts {
		s := whole(t, texts[i:]...)
		if (s.After == "") != (i == 0) {
			t.Errorf("from file %d: %+v", i, s)
		}
	}
	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"one is missing", slices.Delete(slices.Clone(texts), 2, 3), "lines 5 to 6 of the trail are missing"},
		{"wrong order", swapped(texts, 1, 2), "missing before this one"},
		{"twice", []string{texts[1], texts[1]}, "line 3 of the trail comes after line 4"},
		{"the beginning is cut", []string{texts[1][strings.Index(texts[1], "\n")+1:]}, "the beginning is missing"},
		{"nothing", []string{""}, "there is no line"},
		{"another trail", append(texts[:1:1], strings.Join(lines(t, 1), "")), "a new chain begins"},
	} {
		if _, err := verify(c.files...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestAnchors: what was cut off, or written anew, shows against a hash kept
// elsewhere.
func TestAnchors(t *testing.T) {
	all := lines(t, 5)
	head := whole(t, strings.Join(all, "")).Head.Hash
	found := func(anchor string, text string) error {
		v := Verifier{Anchor: anchor}
		if err := v.Read("", strings.NewReader(text)); err != nil {
			return err
		}
		_, err := v.Close()
		return err
	}
	if err := found(head, strings.Join(all, "")); err != nil {
		t.Error(err)
	}
	if err := found(head, strings.Join(all[:len(all)-1], "")); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a trail that was cut: %v", err)
	}
}

// FuzzVerify: no file makes the reader panic, and what it finds whole is.
func FuzzVerify(f *testing.F) {
	all := lines(f, 3)
	text := strings.Join(all, "")
	f.Add(text, false)
	f.Add(text[:len(text)-9], true)
	f.Add(text+text, true)
	f.Add(all[0]+"x"+all[1], false)
	f.Add(opening+"18446744073709551615,"+strings.Repeat("x", 100), false)
	f.Add("{\"seq\":1,\"prev\":\"\",\"hash\":\""+strings.Repeat("0", 64)+"\"}", false)
	f.Fuzz(func(t *testing.T, text string, restarts bool) {
		v := Verifier{Restarts: restarts}
		if v.Read("f", strings.NewReader(text)) != nil {
			return
		}
		s, err := v.Close()
		if err != nil {
			return
		}
		if n := strings.Count(text, closing); s.Lines == 0 || s.Lines > n {
			t.Errorf("%d lines of %d", s.Lines, n)
		}
	})
}

// FuzzOpen: a server goes on with a file that ends in anything, or refuses it; what
// it goes on with is not changed.
func FuzzOpen(f *testing.F) {
	text := strings.Join(lines(f, 2), "")
	f.Add(text, "")
	f.Add(text, "{\"seq\":5")
	f.Add("", "{\"seq\":1,")
	f.Add("", "listen: x")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, before, after string) {
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, []byte(before+after), 0o600); err != nil {
			t.Fatal(err)
		}
		_, broken := verify(before)
		trail, err := Open(Config{Path: path, Required: true, Clock: clock, Logger: discard})
		if err != nil {
			return
		}
		closed(t, trail)
		got := contents(t, path)
		if !strings.HasPrefix(got, before+after) {
			t.Fatalf("%q became %q", before+after, got)
		}
		if before == text && !strings.Contains(after, closing) && broken == nil {
			whole(t, got)
		}
	})
}

// FuzzQuote: a text is valid JSON, and decodes to itself.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", `"\`, "\n\x00\x7f", "\u0085\u2028", "\xff\xc3", "ä€😀", strings.Repeat("ä", 150), "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b line
		b.quote(s, maxText)
		var got string
		if err := json.Unmarshal(b, &got); err != nil || !utf8.Valid(b) {
			t.Fatalf("%q becomes %s: %v", s, b, err)
		}
		for _, r := range string(b) {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Errorf("%q becomes %q", s, b)
			}
		}
		if want := string([]rune(s)); len(s) <= maxText && got != want {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}
