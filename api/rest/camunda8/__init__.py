"""What Camunda Modeler needs of Camunda 8's REST interface under /v2: topology, deployments, starting, and looking at what was started.

Keys are numbers in texts there: the row's. They name nothing to whom the row does not belong.
"""
