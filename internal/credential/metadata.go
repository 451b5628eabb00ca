package credential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"cloud.google.com/go/auth"
)

const (
	metadataIP = "169.254.169.254" // of Google Cloud's metadata server
	// metadataPath is that of the machine's own service account.
	metadataPath = "/computeMetadata/v1/instance/service-accounts/default/"
	// metadataEmail is the entry in a token's metadata that holds the account's address.
	metadataEmail = "oriel.email"
)

// metadataServer gets tokens from the metadata server. The library's provider sends its
// requests through a transport of its own.
type metadataServer struct {
	base   string
	client *http.Client
}

func newMetadataIdentity(h hosts) (*identity, *Error) {
	u, err := url.Parse("http://" + cmp.Or(os.Getenv(metadataVariable), metadataIP) + metadataPath)
	if err != nil {
		return nil, errorf("", "%s is not a host", metadataVariable)
	}
	if why := h.refuse(u); why != "" {
		return nil, errorf("", "the metadata server's address %s", why)
	}
	return &identity{kind: typeMetadata, provider: func(c *http.Client) (auth.TokenProvider, error) {
		return metadataServer{base: u.String(), client: c}, nil
	}}, nil
}

// Token implements auth.TokenProvider. It gets the account's address as well, because
// the operator has to know whom to give access to.
func (m metadataServer) Token(ctx context.Context) (*auth.Token, error) {
	mail, err := m.get(ctx, "email")
	if err != nil {
		return nil, err
	}
	raw, err := m.get(ctx, "token?"+url.Values{"scopes": {Scope}}.Encode())
	if err != nil {
		return nil, err
	}
	var body struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, errors.New("the metadata server's answer is not JSON")
	}
	t := &auth.Token{Value: body.Token, Metadata: map[string]any{}}
	if body.Expires > 0 {
		t.Expiry = time.Now().Add(time.Duration(min(body.Expires, 1<<20)) * time.Second)
	}
	if validEmail(string(mail)) {
		t.Metadata[metadataEmail] = string(mail)
	}
	return t, nil
}

func (m metadataServer) get(ctx context.Context, what string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.base+what, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Metadata-Flavor", "Google")
	response, err := m.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New("the metadata server answered " + response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxBody))
}
