package credential

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

const downloadAgain = "download the key again, as JSON, and do not edit it"

// leastRSABits is what Go signs with at the least; Google's own keys have 2048.
const leastRSABits = 1024

// checkPrivateKey checks that text is a PEM of an RSA key, so that a broken file is
// found at start and not at the first request.
func (p *parser) checkPrivateKey(text string) *Error {
	if text == "" {
		return p.fault("private_key", "private_key is missing; %s", downloadAgain)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		hint := ""
		if !strings.Contains(text, "\n") {
			hint = ` (its line breaks, \n in JSON, are lost)`
		}
		return p.fault("private_key", "private_key is not a PEM block%s; %s", hint, downloadAgain)
	}
	if strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "" {
		return p.fault("private_key", "private_key is encrypted with a passphrase; %s", downloadAgain)
	}
	if strings.Contains(block.Type, "PUBLIC KEY") || block.Type == "CERTIFICATE" {
		return p.fault("private_key", "private_key holds a %s; %s", strings.ToLower(block.Type), downloadAgain)
	}
	return p.checkDER(block.Bytes)
}

func (p *parser) checkDER(der []byte) *Error {
	var key any
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(der)
	}
	if err != nil {
		key, err = x509.ParseECPrivateKey(der)
	}
	if err != nil {
		// The parsers' errors say nothing to an operator, and might quote the key.
		return p.fault("private_key", "private_key is damaged; %s", downloadAgain)
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < leastRSABits {
			return p.fault("private_key", "private_key is an RSA key of %d bits, too short to sign with; %s", k.N.BitLen(), downloadAgain)
		}
		return nil
	case *ecdsa.PrivateKey:
		return p.fault("private_key", "private_key is an EC key, and Google's service accounts sign with RSA; %s", downloadAgain)
	case ed25519.PrivateKey:
		return p.fault("private_key", "private_key is an Ed25519 key, and Google's service accounts sign with RSA; %s", downloadAgain)
	}
	return p.fault("private_key", "private_key is not an RSA key; %s", downloadAgain)
}
