package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

func token(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "new-key" {
		return newKey(args[1:], stdout, stderr)
	}
	fs := newFlags("token", "Mint an embed token at a running server, as a host's backend would.\n`oriel token new-key` makes an API key instead.", stderr)
	url := fs.String("url", "http://127.0.0.1:8080", "the server")
	keyFile := fs.String("key-file", "", "file with the API key; else the environment's ORIEL_API_KEY")
	views := fs.String("views", "", "comma-separated names of views")
	dashboards := fs.String("dashboards", "", "comma-separated names of dashboards, with the views where there are several: overview:shop+blog")
	subject := fs.String("subject", "", "whom the token is for")
	origin := fs.String("origin", "", "the origin of the pages that will use it")
	if err := parse(fs, args); err != nil {
		return err
	}
	key, err := apiKey(*keyFile)
	if err != nil {
		return err
	}
	return mint(ctx, *url, key, map[string]any{
		"views": words(*views), "dashboards": scopes(*dashboards), "subject": *subject, "origin": *origin,
	}, stdout)
}

// newKey prints an API key once, and the lines that let it in.
func newKey(args []string, stdout, stderr io.Writer) error {
	if err := parse(newFlags("token new-key", "Make an API key for a host's backend.", stderr), args); err != nil {
		return err
	}
	key, sum, err := app.NewAPIKey(rand.Reader)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "API key, shown once; give it to the backend:\n\n  %s\n\nFor oriel.yaml:\n\nhosts:\n  my-backend:\n    api_keys: [%s]\n    views: [] # name those that its tokens may open\n", key, hex.EncodeToString(sum[:]))
	return nil
}

// apiKey reads the key where other processes do not see it, as they would on
// the command line.
func apiKey(file string) (string, error) {
	if file == "" {
		if key := os.Getenv("ORIEL_API_KEY"); key != "" {
			return key, nil
		}
		return "", errors.New("an API key is needed: name its file with -key-file, or set ORIEL_API_KEY")
	}
	b, err := os.ReadFile(file)
	return strings.TrimSpace(string(b)), err
}

func mint(ctx context.Context, url, key string, request map[string]any, stdout io.Writer) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(url, "/")+"/v1/tokens", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return refusal(answer)
	}
	_, err = io.Copy(stdout, answer.Body)
	return err
}

// refusal makes an error of the server's sentence.
func refusal(answer *http.Response) error {
	var body struct {
		Error struct{ Message string }
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&body); err != nil || body.Error.Message == "" {
		return fmt.Errorf("the server answered %s", answer.Status)
	}
	return fmt.Errorf("the server answered %s: %s", answer.Status, body.Error.Message)
}

// scopes reads dashboards, each alone or with its views.
func scopes(list string) (dashboards []any) {
	for _, word := range words(list) {
		name, views, with := strings.Cut(word, ":")
		if !with {
			dashboards = append(dashboards, name)
			continue
		}
		dashboards = append(dashboards, map[string]any{"name": name, "views": strings.Split(views, "+")})
	}
	return dashboards
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
