"""A real Kubernetes on one Linux machine, with no Docker, no image registry and no route to the outside.

etcd, kube-apiserver, controller manager, scheduler, kubelet, kube-proxy, CoreDNS and containerd run as they are; each
node is a network and mount namespace of its own. It runs on the system's Python: nothing but the standard library here.
"""
