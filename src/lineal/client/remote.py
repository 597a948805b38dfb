from lineal.client.verbs import Verbs
class RemoteRepository(Verbs): pass
