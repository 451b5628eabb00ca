// Fetches an access token with every kind of credential that google-auth-library
// knows and the emulator issues. Input, on stdin: {"emulator": URL, "credentials":
// {type: JSON of a credentials file}}. Output: {type: access token}.
import { text } from 'node:stream/consumers';
import { ExternalAccountClient, Impersonated, JWT, UserRefreshClient, gaxios } from 'google-auth-library';

const google = 'https://oauth2.googleapis.com/token';
const scopes = ['https://www.googleapis.com/auth/analytics.readonly'];
const { emulator, credentials } = JSON.parse(await text(process.stdin));

// The library signs for, and asks, Google's own token endpoint whatever a key file
// says. Here the request is sent to the emulator instead; nothing else is changed.
const transporter = new gaxios.Gaxios();
transporter.interceptors.request.add({
  resolved: async (config) => {
    if (String(config.url) === google) config.url = new URL(`${emulator}/token`);
    return config;
  },
});

function serviceAccount(file, scopes) {
  return new JWT({ email: file.client_email, key: file.private_key, keyId: file.private_key_id, scopes, transporter });
}

const clients = {
  service_account: (file) => serviceAccount(file, scopes),
  authorized_user: (file) =>
    new UserRefreshClient({
      clientId: file.client_id,
      clientSecret: file.client_secret,
      refreshToken: file.refresh_token,
      endpoints: { oauth2TokenUrl: `${emulator}/token` },
    }),
  impersonated_service_account: (file) =>
    new Impersonated({
      sourceClient: serviceAccount(file.source_credentials, ['https://www.googleapis.com/auth/cloud-platform']),
      targetPrincipal: /serviceAccounts\/(.+):generateAccessToken/.exec(file.service_account_impersonation_url)[1],
      targetScopes: scopes,
      lifetime: 600,
      endpoint: emulator,
    }),
  external_account: (file) => {
    const client = ExternalAccountClient.fromJSON(file);
    client.scopes = scopes;
    return client;
  },
};

const answer = {};
for (const [type, file] of Object.entries(credentials)) {
  answer[type] = (await clients[type](file).getAccessToken()).token;
}
console.log(JSON.stringify(answer));
