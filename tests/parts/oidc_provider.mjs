// A provider of identities: oidc-provider, which is certified, with people who may log in by any password.
// Their groups are those of GROUPS. Arguments: the folder of node_modules, the port.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { generateKeyPairSync } from "node:crypto";

const [, , modules, port] = process.argv;
const at = createRequire(`${modules}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(at).href);
const groups = JSON.parse(process.env.GROUPS);
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "lineal",
      client_secret: "a secret with: signs & more",
      application_type: "native", // any port of this machine
      redirect_uris: ["http://127.0.0.1/login/callback"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: `sub-${id}`, preferred_username: id, groups: groups[id] ?? [] }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["of the tests"] },
  jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: `key of ${process.pid}` }] },
});
provider.listen(Number(port), "127.0.0.1");
