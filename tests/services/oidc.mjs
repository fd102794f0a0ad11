// An OpenID Connect server for tests: node oidc.mjs FOLDER_OF_NODE_MODULES
// Prints its address; its end is the end of standard input.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { default: Provider } = await import(pathToFileURL(join(process.argv[2], 'oidc-provider/lib/index.js')).href)
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const secret = 'a secret of thirty-two characters'
const client = (id, more) => ({
  client_id: id, client_secret: secret, redirect_uris: [], response_types: [],
  grant_types: ['client_credentials', EXCHANGE], scope: 'read write', ...more,
})

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [
      client('post', { token_endpoint_auth_method: 'client_secret_post' }),
      client('basic', { token_endpoint_auth_method: 'client_secret_basic' }),
      client('jwt', { token_endpoint_auth_method: 'client_secret_jwt' }),
    ],
    scopes: ['read', 'write'],
    routes: { token: '/oauth2/token' },
    ttl: { ClientCredentials: 3600 },
    features: { clientCredentials: { enabled: true }, introspection: { enabled: true }, devInteractions: { enabled: false } },
  })
  // Token exchange as far as a test needs it: the subject's token must be one of this server's.
  provider.registerGrantType(EXCHANGE, async (context) => {
    const { subject_token: subject, subject_token_type: kind, scope } = context.oidc.params
    const known = kind === 'urn:ietf:params:oauth:token-type:access_token' && await provider.ClientCredentials.find(subject)
    if (!known) {
      context.status = 400
      context.body = { error: 'invalid_request', error_description: 'the subject is not known' }
      return
    }
    const token = new provider.ClientCredentials({ client: context.oidc.client, scope })
    context.body = {
      access_token: await token.save(), token_type: 'Bearer', expires_in: 60,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
  }, ['subject_token', 'subject_token_type', 'scope', 'audience'])
  // A resource: whoever has a token of this server is told what it says.
  const handle = provider.callback()
  server.on('request', async (request, response) => {
    if (request.url !== '/resource') return handle(request, response)
    const [scheme, parameter] = (request.headers.authorization ?? '').split(' ')
    const token = scheme === 'Bearer' && await provider.ClientCredentials.find(parameter)
    response.setHeader('content-type', 'application/json')
    response.statusCode = token ? 200 : 401
    response.end(JSON.stringify(token ? { client: token.clientId, scope: token.scope ?? null } : { error: 'no token of mine' }))
  })
  console.log(issuer)
})
process.stdin.resume().on('end', () => process.exit())
