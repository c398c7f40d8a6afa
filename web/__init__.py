"""What people and programs see: pages, fragments, actions, API. The only room with Starlette."""
