/* What several pages of the settings ask the server, under one name each. */
import { useQuery } from '@tanstack/react-query';
import { api } from '../../common/api.ts';

export function useStaff() {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => api.users(signal) });
}

export function useRoles() {
  return useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => api.roles(signal) });
}

export function useTeams() {
  return useQuery({ queryKey: ['teams'], queryFn: ({ signal }) => api.teams(signal) });
}
