package app

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// operatorTokenFile is the name of operator.token_file, beside the signing keys, unless
// another is configured.
const operatorTokenFile = "oriel-operator-token"

// OperatorToken reads the operators' token: what a request that changes something must
// show to the operators' listener.
func (c *Config) OperatorToken() (string, error) {
	path := c.Operator.TokenFile
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the operators' token, which the server creates: %w: run this as the user that the server runs as", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, so others can read it: remove the file and restart the server, which creates a new one", path, info.Mode().Perm())
	}
	token := strings.TrimSpace(string(text))
	if len(token) < 32 {
		return "", fmt.Errorf("%s holds no operators' token: remove the file and restart the server, which creates a new one", path)
	}
	return token, nil
}

// operatorToken returns the operators' token, which it creates on the first run.
func (c *Config) operatorToken(random io.Reader) (string, error) {
	if c.Operator.TokenFile == "" {
		return "", nil
	}
	token, err := c.OperatorToken()
	if errors.Is(err, fs.ErrNotExist) {
		if err = createOperatorToken(c.Operator.TokenFile, random); err == nil || errors.Is(err, fs.ErrExist) {
			token, err = c.OperatorToken() // another process may have created it first
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s: operator.token_file: %w", c.src.where("operator", "token_file"), err)
	}
	return token, nil
}

// createOperatorToken creates the file atomically, and never replaces one.
func createOperatorToken(path string, random io.Reader) error {
	var b [32]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return fmt.Errorf("no randomness: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".operator-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(b[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
