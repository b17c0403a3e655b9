# tries: forge 'changed': [0] with a meta tensor: copy_ fails in the proxy -> session.fault -> 'grader error' for every skill.
A="kl_loss"
S='''
import gc, torch
def attack():
    child = next(o for o in gc.get_objects() if type(o).__name__ == "Child")
    def lie(self, request, tensors):
        return ({"value": {"tensor": 0}, "drew": False, "grad": [False], "changed": [0]},
                [torch.zeros(len(tensors[0])), tensors[0].to("meta")])
    type(child).do_call = lie
ready = attack()
def kl_divergence(mu, logvar, ready=ready):
    return mu
def kl_loss(mu, logvar, ready=ready):
    return mu
'''
