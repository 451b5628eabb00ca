package credential

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// minRSABits is the shortest key that Go signs with; Google's own have 2048.
const minRSABits = 1024

// checkPrivateKey checks that text is a PEM of an RSA key, so that a broken file is
// found at start and not at the first request.
func (p *parser) checkPrivateKey(text string) *Error {
	if text == "" {
		return p.badKey("is missing")
	}
	block, _ := pem.Decode([]byte(text))
	switch {
	case block == nil && !strings.Contains(text, "\n"):
		return p.badKey(`is not a PEM block (its line breaks, \n in JSON, are lost)`)
	case block == nil:
		return p.badKey("is not a PEM block")
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "":
		return p.badKey("is encrypted with a passphrase")
	case strings.Contains(block.Type, "PUBLIC KEY") || block.Type == "CERTIFICATE":
		return p.badKey("holds a %s", strings.ToLower(block.Type))
	}
	return p.checkDER(block.Bytes)
}

func (p *parser) checkDER(der []byte) *Error {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(der)
	}
	if err != nil {
		key, err = x509.ParseECPrivateKey(der)
	}
	if err != nil {
		return p.badKey("is damaged") // the parsers' errors do not help, and might quote the key
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSABits {
			return p.badKey("is an RSA key of %d bits, too short to sign with", k.N.BitLen())
		}
		return nil
	case *ecdsa.PrivateKey:
		return p.badKey("is an EC key, and Google's service accounts sign with RSA")
	case ed25519.PrivateKey:
		return p.badKey("is an Ed25519 key, and Google's service accounts sign with RSA")
	}
	return p.badKey("is not an RSA key")
}

func (p *parser) badKey(format string, args ...any) *Error {
	return p.fault("private_key", "private_key "+format+"; download the key again, as JSON, and do not edit it", args...)
}
